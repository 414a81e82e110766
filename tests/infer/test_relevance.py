"""Which definitions are looked at by themselves."""

from __future__ import annotations

import ast
from pathlib import Path

from lstmcheck.infer.relevance import relevance
from lstmcheck.source.parse import SourceFile

NETS = """
import torch.nn as nn
class Encoder(nn.Module):
    def __init__(self):
        self.rnn = nn.LSTM(2, 3)
def build(): return Encoder()
def is_recurrent(m): return isinstance(m, nn.LSTM)
def run(x): return x
"""
IMPORTS = """
from nets import build as make
def main(): return make()
def other(): return run(1)
if True:
    def nested(): return make()
"""
READS = """
import nets
def main(): return nets.Encoder()
"""
APART = """
def build(): return 1
def main(): return build()
"""
TYPED = """
from nets import Encoder
def typed(encoder: Encoder) -> Encoder: return encoder
"""
HOLDS = """
import nets
if True:
    net = nets.build()
"""
HELD = """
from holds import net
print(net)
"""
KEEPER = """
KEPT = {}
def keep(f):
    KEPT[f.__name__] = f
    return f
def make(name): return KEPT[name]()
"""
KEPT = """
from keeper import keep
from nets import Encoder
@keep
def small(): return Encoder()
"""
USES = """
import kept
from elsewhere import make
print(make("small"))
"""
TEXT = """
from importlib import import_module
print(import_module("ne" + "ts"))
"""
ASKS = """
import keeper
print(keeper.make("small"))
"""


def test_a_definition_is_relevant_by_what_its_file_defines_or_imports(tmp_path: Path) -> None:
    texts = {"nets": NETS, "imports": IMPORTS, "reads": READS, "apart": APART, "typed": TYPED}
    assert _found(tmp_path, texts) == {
        ("nets", "Encoder"),
        ("nets", "build"),
        ("imports", "main"),
        ("imports", "nested"),
        ("reads", "main"),
    }


def test_a_file_is_concerned_that_reads_what_may_hold_a_layer(tmp_path: Path) -> None:
    texts = {
        "nets": NETS,
        "apart": APART,
        "typed": TYPED,
        "holds": HOLDS,
        "held": HELD,
        "keeper": KEEPER,
        "kept": KEPT,
        "asks": ASKS,
    }
    found = relevance(_files(tmp_path, texts), [str(tmp_path)])
    assert {Path(path).stem for path in found.files} == set(texts) - {"apart", "typed"}


def _files(folder: Path, texts: dict[str, str]) -> list[SourceFile]:
    return [SourceFile(str(folder / f"{name}.py"), text.encode(), ast.parse(text)) for name, text in texts.items()]


def _found(folder: Path, texts: dict[str, str]) -> set[tuple[str, str]]:
    files = _files(folder, texts)
    found = relevance(files, [str(folder)]).definitions
    return {
        (name, node.name)
        for name, file in zip(texts, files)
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node in found
    }
