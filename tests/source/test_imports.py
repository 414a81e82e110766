"""Which files import which."""

from __future__ import annotations

import pytest

from lstmcheck.source.imports import Modules
from lstmcheck.source.parse import SourceFile, parse

MODULES = Modules(["pkg/nets/recurrent.py", "pkg/layers/__init__.py"])


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("main.py", "from pkg.nets.recurrent import Net", True),
        ("main.py", "import pkg.nets.recurrent as r", True),
        ("main.py", "from pkg.nets import recurrent", True),
        ("main.py", "def f():\n    from recurrent import Net", True),
        ("main.py", "from pkg.layers import Net", True),
        ("main.py", "from pkg.layers.recurrent import Net", False),
        ("main.py", "from other.recurrent import Net", False),
        ("main.py", "from pkg.networks import Net", False),
        ("main.py", "# import recurrent\nx = recurrent", False),
        ("pkg/main.py", "from .nets.recurrent import Net", True),
        ("pkg/main.py", "from . import layers", True),
        ("pkg/nets/__init__.py", "from .recurrent import *", True),
        ("pkg/nets/other.py", "from ..layers import Net", True),
        ("pkg/nets/other.py", "from .layers import Net", False),
        ("main.py", "from .............. import recurrent", False),
        ("main.py", "from pkg.layers import (\n    Net,\n)", True),
    ],
)
def test_imported_by(path: str, text: str, expected: bool) -> None:
    file = parse(path, text.encode())
    assert isinstance(file, SourceFile)
    assert (MODULES.mentioned_in(file.data) and MODULES.imported_by(path, file.tree)) is expected
