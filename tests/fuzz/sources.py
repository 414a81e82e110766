"""Where programs come from: files on the disk, and the small programs with layers that the tests are made of."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from lstmcheck.rules import all_rules

CASES = Path(__file__).parent.parent / "infer" / "cases"
_LAYER = re.compile(rb"\b(?:LSTM|GRU|RNN)(?:Cell)?\b")
_BLOCK = re.compile(r"^```python.*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def installed() -> list[Path]:
    """The standard library and everything that is installed beside it."""
    return [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]


def files(roots: Iterable[Path]) -> list[Path]:
    """Every Python file under the roots, each once, in order."""
    return sorted({path for root in roots for path in ([root] if root.is_file() else root.rglob("*.py"))})


def with_layers() -> list[tuple[str, str]]:
    """(name, source) of the programs around layers: the examples of the rules, and the engine's cases."""
    found = [
        (f"{rule.code}-{number}", example.source)
        for rule in all_rules()
        for number, example in enumerate(rule.examples, 1)
    ]
    for document in sorted(CASES.glob("*.md")):
        blocks = _BLOCK.findall(document.read_text(encoding="utf-8"))
        found += [(f"{document.stem}-{number}", block) for number, block in enumerate(blocks, 1)]
    return found


def speaking_of_layers(roots: Iterable[Path], at_most: int) -> list[tuple[str, str]]:
    """(name, source) of the files under the roots that name a recurrent layer, and are not larger than `at_most`."""
    found = []
    for path in files(roots):
        data = path.read_bytes()
        if len(data) <= at_most and _LAYER.search(data):
            found.append((path.stem, data.decode("utf-8", "surrogateescape")))
    return found
