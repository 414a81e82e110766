"""Which files use a layer without naming it."""

from __future__ import annotations

import ast

import pytest

from lstmcheck.source.imports import Providers, provider
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
