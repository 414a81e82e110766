"""`check_source`: what a text says, in any process, whatever is on the disk."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import lstmcheck
from lstmcheck.config import Settings

BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
GOOD = BAD.replace("11", "10")
USES = "from other import rnn\nimport torch\nfrom torch.nn import GRU\nout, h = rnn(torch.zeros(5, 3, 11))\n"


def codes(text: str | bytes, path: str = "source.py") -> list[str]:
    return [finding.code for finding in lstmcheck.check_source(text, path)]


def test_a_text_is_checked_as_a_file_is(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(BAD)
    assert lstmcheck.check_source(BAD, str(file)) == lstmcheck.check(file).findings
    assert lstmcheck.check_source(BAD.encode(), str(file)) == lstmcheck.check(file).findings
    assert codes(GOOD) == []


def test_nothing_on_the_disk_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.py").write_text("from torch import nn\nrnn = nn.GRU(10, 20)\n")
    (tmp_path / "a.py").write_text(USES)
    (tmp_path / "pyproject.toml").write_text("[tool.lstmcheck]\nignore = ['LSTM']\n")
    monkeypatch.chdir(tmp_path)
    assert lstmcheck.check("a.py", settings=Settings()).findings != []
    assert codes(USES, "a.py") == codes(USES, str(tmp_path / "a.py")) == []
    assert codes(BAD, "a.py") != []


def test_findings_stand_where_the_path_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("a.py", str(tmp_path / "a.py"), "s3://bucket/a.py", "../b/a.py"):
        (finding,) = lstmcheck.check_source(BAD, path)
        assert finding.location.path == path


def test_comments_and_settings_count() -> None:
    (finding,) = lstmcheck.check_source(BAD)
    quiet = BAD.rstrip("\n") + f"  # lstmcheck: ignore[{finding.code}]\n"
    assert codes(quiet) == []
    assert [one.code for one in lstmcheck.check_source(GOOD.rstrip("\n") + "  # lstmcheck: ignore[LSTM201]\n")] == [
        "LSTM911"
    ]
    assert lstmcheck.check_source(BAD, settings=Settings(ignore=(finding.code,))) == []


def test_broken_texts_and_other_files() -> None:
    assert codes("from torch import nn\nrnn = nn.LSTM(\n") == ["LSTM901"]
    assert codes("x = (\n") == [], "a text without a layer is not parsed"
    assert codes(BAD, "a.pyi") == []
    assert codes(BAD.encode("utf-16")) == []
    assert codes("# coding: latin-1\ns = 'é'\n" + BAD) == codes(BAD)
    assert codes("# coding: nonsense\n" + BAD) == ["LSTM903"]
    assert codes("\udcff = 1\n" + BAD) == ["LSTM901"]


def test_a_notebook() -> None:
    cells = [{"cell_type": "code", "source": BAD, "metadata": {}, "outputs": [], "execution_count": None}]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (finding,) = lstmcheck.check_source(text, "a.ipynb")
    assert finding.location.place == "a.ipynb:cell 1:4:10"


def test_findings_are_pickled_and_processes_agree() -> None:
    texts = [BAD, GOOD, USES, BAD.replace("11", "12")]
    expected = [lstmcheck.check_source(text) for text in texts]
    assert pickle.loads(pickle.dumps(expected)) == expected
    assert pickle.loads(pickle.dumps(lstmcheck.check_source)) is lstmcheck.check_source
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(lstmcheck.check_source, texts)) == expected


def test_threads_agree() -> None:
    texts = [BAD.replace("11", str(size)) for size in range(5, 25)]
    expected = [lstmcheck.check_source(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lstmcheck.check_source, texts)) == expected
