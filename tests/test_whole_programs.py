"""Programs of several files: what is read when a folder, or only one of the files, is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstmcheck.checker import check

FILES = {
    "pyproject.toml": "",
    "nets/__init__.py": "from nets.tagger import Tagger, build\n",
    "nets/tagger.py": """\
from torch import nn


class Tagger(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.rnn = nn.GRU(size, hidden)

    def forward(self, x, h):
        return self.rnn(x, h)


def build(config):
    return Tagger(config["size"], config["hidden"])
""",
    "tensors.py": "import torch\n\n\ndef zeros(*sizes):\n    return torch.zeros(*sizes)\n",
    "scripts/train.py": """\
from nets import build
from tensors import zeros

model = build({"size": 4, "hidden": 8})
model(zeros(5, 2, 4), zeros(1, 3, 8))
""",
    "unrelated.py": "import os\n\nprint(os.getcwd())\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str) -> list[tuple[str, int, str]]:
    return [
        (Path(finding.location.path).as_posix(), finding.location.line, finding.code)
        for finding in check(*paths).findings
    ]


def test_a_script_that_says_neither_layer_nor_torch_is_followed(project: Path) -> None:
    assert found() == [("nets/tagger.py", 10, "LSTM203")]
    assert found("nets", "scripts", "tensors.py") == [("nets/tagger.py", 10, "LSTM203")]


def test_what_uses_a_named_file_is_read(project: Path) -> None:
    assert found("nets/tagger.py") == [("nets/tagger.py", 10, "LSTM203")]


def test_what_a_named_file_makes_fail_elsewhere_is_said_of_its_call(project: Path) -> None:
    assert found("scripts/train.py") == [("scripts/train.py", 5, "LSTM203")]
    (finding,) = check("scripts/train.py").findings
    assert ("nets/tagger.py", "it fails here") in [
        (Path(other.location.path).as_posix(), other.label) for other in finding.related
    ]


def test_only_files_that_can_matter_are_interpreted(project: Path) -> None:
    read = {Path(file.path).as_posix() for file in check().files}
    assert read == {"nets/tagger.py", "nets/__init__.py", "scripts/train.py"}
    assert check("unrelated.py").files == []


def test_a_path_through_a_link_names_the_files_as_given(project: Path, tmp_path: Path) -> None:
    link = tmp_path.with_name("link")
    link.symlink_to(tmp_path, target_is_directory=True)
    assert [finding.location.path for finding in check(link).findings] == [str(link / "nets/tagger.py")]
