"""Who may import whom, and what a check must not import."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lstmcheck

PACKAGE = Path(lstmcheck.__file__).parent

# What each room may import of ours beside itself. Rooms that are not listed may import everything.
ALLOWED = {
    "dims": set[str](),
    "frozen": set[str](),
    "findings": set[str](),
    "words": set[str](),
    "causes": {"findings"},
    "contract": {"dims", "frozen"},
    "source": {"findings"},
    "infer": {"causes", "contract", "dims", "findings", "frozen", "source", "words"},
    "rules": {"contract", "dims", "findings", "source"},
    "cache": {"checker", "config", "findings", "result", "source"},
    "report": {"findings", "rules"},
    "result": {"findings", "source"},
    "pages": {"checker", "config", "findings", "rules", "source"},
    "survey": {"checker", "config", "contract", "dims", "draw", "findings", "infer", "report", "rules", "source"},
    "draw": {"findings", "rules"},
    "runtime": {"causes", "contract", "dims", "findings", "words"},
    "testing": {"contract", "dims", "findings"},
}
HEAVY = {
    "torch": {"runtime", "testing", "integrations"},
    "libcst": {"source.edit"},
    "hypothesis": {"testing"},
    "pygls": {"server"},
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_bytes())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the room"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = dict(modules())
ROOMS = {name.partition(".")[0] for name in MODULES if name}


@pytest.mark.parametrize("name", [name for name in MODULES if name.partition(".")[0] in ALLOWED])
def test_a_room_imports_only_what_it_may(name: str) -> None:
    room = name.partition(".")[0]
    ours = {text.split(".")[1] for text in imported(MODULES[name]) if text.startswith("lstmcheck.")} & ROOMS
    assert ours - ALLOWED[room] - {room} == set()


@pytest.mark.parametrize("package", HEAVY)
def test_heavy_packages_have_their_places(package: str) -> None:
    users = {name for name, tree in MODULES.items() if any(text.split(".")[0] == package for text in imported(tree))}
    assert {
        name for name in users if not any(name == at or name.startswith(f"{at}.") for at in HEAVY[package])
    } == set()


# What asks the disk. A result may depend only on what comes through `source.disk`, where a cache can keep it.
ASKS = {"stat", "lstat", "listdir", "scandir", "walk", "readlink", "exists", "lexists", "isfile", "isdir", "islink",
        "realpath", "getmtime", "getsize", "samefile", "access"}  # fmt: skip
DECIDES = {"source", "infer", "rules", "config", "contract", "findings", "dims"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.partition(".")[0] in DECIDES])
def test_the_disk_is_asked_through_one_door(name: str) -> None:
    if name in ("source.disk", "source.write"):
        return
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Name) and called.id == "open"), f"line {node.lineno}"
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) in ("os", "os.path"):
                assert called.attr not in ASKS, f"line {node.lineno}"


def loaded(code: str, cwd: Path) -> set[str]:
    """The top-level names of the modules that a new interpreter has loaded after some code."""
    code += "\nimport sys; print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    # a measurement of coverage would load modules of its own
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED ")[2].split())


def test_importing_the_package_imports_nothing(tmp_path: Path) -> None:
    assert not loaded("import lstmcheck", tmp_path) & {"torch", "libcst", "click", "pathspec", "rich", "dataclasses"}


def test_a_check_imports_neither_torch_nor_libcst(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("from torch import nn\nrnn = nn.GRU(10, 20)\n")
    (tmp_path / "bad.py").write_text(
        "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, 11))\n"
    )
    code = "from lstmcheck.cli import main\nassert main(['good.py', 'bad.py']) == 1"
    assert not loaded(code, tmp_path) & {
        "torch",
        "numpy",
        "libcst",
        "rich",
        "pathspec",
        "asyncio",
        "logging",
        "pydantic",
    }
