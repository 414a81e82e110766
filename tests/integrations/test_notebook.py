"""The extension in a real IPython shell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from lstmcheck.awaiting import when_imported


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="nocolor")
    yield shell
    shell.run_line_magic("unload_ext", "lstmcheck")
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, code: str) -> Any:
    return shell.run_cell(code, store_history=True).result


def test_a_cell_is_explained_once(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%load_ext lstmcheck")
    run(shell, "import torch\nfrom torch import nn\nlstm = nn.LSTM(3, 4, dropout=0.5)")
    error = capsys.readouterr().err
    assert "LSTM108" in error
    assert "nn.LSTM(3, 4, dropout=0.5)" in error
    run(shell, "lstm(torch.zeros(5, 2, 3))")
    assert "LSTM108" not in capsys.readouterr().err


def test_the_magic_gives_the_report(shell: InteractiveShell) -> None:
    run(shell, "%load_ext lstmcheck")
    run(shell, "import torch\nfrom torch import nn\nnn.GRU(3, 4)(torch.zeros(5, 2, 3))")
    report = run(shell, "%lstmcheck")
    assert report.ok
    assert [layer.kind for layer in report.layers] == ["GRU"]


def test_unloading_leaves_nothing(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(vars(nn.LSTM))
    run(shell, "%load_ext lstmcheck")
    run(shell, "%load_ext lstmcheck")
    assert dict(vars(nn.LSTM)) != before
    run(shell, "%unload_ext lstmcheck")
    assert dict(vars(nn.LSTM)) == before
    assert shell.find_line_magic("lstmcheck") is None
    capsys.readouterr()
    run(shell, "from torch import nn\nnn.LSTM(3, 4, dropout=0.5)")
    assert "LSTM108" not in capsys.readouterr().err
    run(shell, "%load_ext lstmcheck")
    assert dict(vars(nn.LSTM)) != before


def test_before_torch_is_imported_there_is_nothing_to_show(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    run(shell, "%load_ext lstmcheck")
    run(shell, "1 + 1")
    assert capsys.readouterr().err == ""
    assert run(shell, "%lstmcheck") is None
    assert "torch has not been imported yet" in capsys.readouterr().err
    finders = list(sys.meta_path)
    run(shell, "%unload_ext lstmcheck")
    assert len(sys.meta_path) == len(finders) - 1
    monkeypatch.undo()
    run(shell, "import torch")
    assert shell.find_line_magic("lstmcheck") is None


def test_what_is_waited_for_and_is_nowhere() -> None:
    called = []
    finders = list(sys.meta_path)
    give_up = when_imported("nowhere_at_all", lambda: called.append(1))
    with pytest.raises(ModuleNotFoundError):
        import nowhere_at_all  # noqa: F401
    give_up()
    assert not called
    assert sys.meta_path == finders
