"""Where imports lead: files below the roots, packages, folders, and what a file adds to its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstmcheck.source.resolve import Resolver

FILES = (
    "pkg/__init__.py",
    "pkg/nets/__init__.py",
    "pkg/nets/recurrent.py",
    "pkg/train.py",
    "src/lib/core.py",
    "spaces/deep/module.py",
    "scripts/run.py",
    "tools/common/helper.py",
    "data/readme.txt",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("importer", "module", "level", "expected"),
    [
        ("pkg/train.py", "nets.recurrent", 1, "pkg/nets/recurrent.py"),
        ("pkg/train.py", "", 1, "pkg/__init__.py"),
        ("pkg/nets/recurrent.py", "train", 2, "pkg/train.py"),
        ("pkg/train.py", "pkg.nets", 0, "pkg/nets/__init__.py"),
        ("pkg/nets/recurrent.py", "pkg.train", 0, "pkg/train.py"),
        ("scripts/run.py", "lib.core", 0, "src/lib/core.py"),
        ("scripts/run.py", "spaces", 0, "spaces"),
        ("scripts/run.py", "spaces.deep.module", 0, "spaces/deep/module.py"),
        ("scripts/run.py", "data", 0, None),
        ("scripts/run.py", "helper", 0, None),
        ("scripts/run.py", "torch.nn", 0, None),
        ("scripts/run.py", "missing", 1, None),
    ],
)
def test_imports_lead_to_files(project: Path, importer: str, module: str, level: int, expected: str | None) -> None:
    found = Resolver([str(project)]).find(str(project / importer), b"", module, level)
    assert found == (None if expected is None else str(project / expected))


def test_what_a_file_adds_to_its_path_is_searched(project: Path) -> None:
    importer = str(project / "scripts/run.py")
    resolver = Resolver([str(project / "scripts")])
    assert resolver.find(importer, b"", "helper", 0) is None
    added = b"import sys\nsys.path.insert(0, '../tools/common')\n"
    assert resolver.find(importer, added, "helper", 0) == str(project / "tools/common/helper.py")


def test_a_script_may_be_run_from_the_folder_above(project: Path) -> None:
    found = Resolver([str(project / "scripts")]).find(str(project / "scripts/run.py"), b"", "pkg.train", 0)
    assert found == str(project / "pkg/train.py")
