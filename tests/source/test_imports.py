"""Which files use a layer without naming it."""

from __future__ import annotations

import ast

import pytest

from lstmcheck.source.imports import Index, Providers, imports_of, provider
from lstmcheck.source.outline import Outline

NETS = """
class Encoder(nn.Module):
    def __init__(self):
        self.rnn = nn.LSTM(1, 2)

class Model(nn.Module):
    def __init__(self):
        self.encoder = Encoder()

class Other(nn.Module):
    pass

def build(kind):
    return {"m": Model}[kind]

MODELS = {"model": build}
"""
PROVIDERS = Providers([provider("/work/pkg/nets/recurrent.py", Outline(ast.parse(NETS)), {"LSTM"}, ["/work/pkg"])])


def test_names_with_a_layer_inside() -> None:
    assert provider("x.py", Outline(ast.parse(NETS)), {"LSTM"}, ["."]).names == {"Encoder", "Model", "build", "MODELS"}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("main.py", "from pkg.nets.recurrent import Model", {"Model"}),
        ("main.py", "from pkg.nets.recurrent import Other", set()),
        ("main.py", "from nets.recurrent import (\n    Other,\n    Encoder as E,\n)", {"Encoder"}),
        ("main.py", "from pkg.nets.recurrent import Other, \\\n    build", {"build"}),
        ("main.py", "from recurrent import *", {"Encoder", "Model", "build", "MODELS"}),
        ("main.py", "def f():\n    from recurrent import Model", {"Model"}),
        ("main.py", "from pkg.nets import Model", {"Model"}),
        ("main.py", "from pkg import Model", {"Model"}),
        ("main.py", "from work.pkg.nets import Model", set()),
        ("main.py", "from other.recurrent import Model", set()),
        ("main.py", "from other import Model", set()),
        ("main.py", "from pkg.nets import recurrent\nrecurrent.Model()", {"Model"}),
        ("main.py", "import pkg.nets.recurrent as r, os\nr.Model()", {"Model"}),
        ("main.py", "import pkg\npkg.Model()", {"Model"}),
        ("main.py", "import pkg\npkg.Other()", set()),
        ("main.py", "# from recurrent import Model", set()),
        ("/work/pkg/main.py", "from .nets.recurrent import Model", {"Model"}),
        ("/work/pkg/main.py", "from .nets import Model", {"Model"}),
        ("/work/pkg/main.py", "from . import nets\nnets.Model()", {"Model"}),
        ("/work/pkg/nets/__init__.py", "from .recurrent import Model", {"Model"}),
        ("/work/pkg/layers/a.py", "from ..nets import Model", {"Model"}),
        ("/work/pkg/layers/a.py", "from .nets import Model", set()),
        ("main.py", "from ..................... import recurrent", set()),
        ("main.py", "from\nimport\nfrom . import\nimport ,", set()),
    ],
)
def test_used_by(path: str, text: str, expected: set[str]) -> None:
    assert PROVIDERS.used_by(path, text.encode()) == expected
    imports = imports_of(text.encode())
    if expected:
        assert PROVIDERS.may_serve(path, imports)
    if PROVIDERS.may_serve(path, imports):
        assert path in Index({path: imports}).may_use(PROVIDERS)


def test_most_files_need_not_be_asked() -> None:
    index = Index(
        {"a.py": imports_of(b"import os.path\nfrom models import Tagger"), "b.py": imports_of(b"import nets")}
    )
    assert index.may_use(PROVIDERS) == {"b.py"}


REGISTERED = """
import functools

register = functools.partial(keep, version=9)

@register("lstm")
def lstm(x):
    return nn.LSTM(1, 2)(x)

@register("add")
def add(x):
    return x + 1

def get(name):
    return register.keywords[name]
"""


def test_what_is_registered_beside_a_layer_has_none() -> None:
    assert provider("x.py", Outline(ast.parse(REGISTERED)), {"LSTM"}, ["."]).names == {"lstm", "register", "get"}


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ('import_module("recurrent")', True),
        ('import_module(f"nets.{name}")', True),
        ('path = "pkg.nets.recurrent"\nimport_module(path)', True),
        ('import_module(name)  # one of the nets\nprint("see the nets")', False),
    ],
)
def test_modules_that_are_imported_by_text(text: str, used: bool) -> None:
    data = f"from importlib import import_module\n{text}".encode()
    assert bool(PROVIDERS.used_by("main.py", data)) is used
    if used:
        assert Index({"main.py": imports_of(data)}).may_use(PROVIDERS)


def test_no_program_shadows_torch() -> None:
    torch = Providers([provider("/work/torch/nets.py", Outline(ast.parse(NETS)), {"LSTM"}, ["/work/torch"])])
    for text in ("from torch.nets import Model", "from torch import nets\nnets.Model()", "import torch\ntorch.Model()"):
        assert torch.used_by("/work/torch/main.py", text.encode()) == set()
    assert torch.used_by("/work/torch/main.py", b"from .nets import Model") == {"Model"}


def test_what_serves_no_file_is_told_by_its_imports() -> None:
    for text, serves in (("import os", False), ("from nets import recurrent", True), ("import pkg", True)):
        assert PROVIDERS.may_serve("main.py", imports_of(text.encode())) is serves
