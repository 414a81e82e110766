"""The extension in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from torch import nn


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
