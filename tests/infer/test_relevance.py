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

MAKERS = """
import torch.nn as nn
from nets import build
class ByName(nn.Module):
    def __init__(self): self.rnn = nn.LSTM(2, 3)
class ByTable(nn.Module):
    table = {"gru": nn.GRU}
    def __init__(self, kind): self.rnn = self.table[kind](2, 3)
class ByText(nn.Module):
    def __init__(self, kind): self.rnn = getattr(nn, "RNN" if kind else "GRU")(2, 3)
class ByVariable(nn.Module):
    def __init__(self, cell=nn.LSTM): self.rnn = cell(2, 3)
def by_receiver_name(kind):
    cls = {"lstm": nn.LSTM}[kind]
    return [cls(2, 3)]
class ByAttribute(nn.Module):
    cell = nn.LSTM
    def __init__(self): self.rnn = self.cell(2, 3)
class ByBase(nn.GRU): pass
def by_function(): return build()
def by_argument(): return made(nn.LSTM)
"""
SCRIPT = """
import torch.nn as nn
kind = "GRU"
rnn = getattr(nn, kind)(2, 3)
"""
LISTED = """
import torch.nn as nn
class LSTM(nn.Module):
    replaces = nn.LSTM
    @classmethod
    def like(cls, other): return cls()
class Model(nn.Module):
    def __init__(self): self.rnn = LSTM()
def known(): return [nn.LSTM, nn.GRU]
def configured(): return [config(kind) for kind in known()]
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


def test_a_maker_builds_a_layer_or_mentions_what_does(tmp_path: Path) -> None:
    texts = {"nets": NETS, "makers": MAKERS}
    functions = ("by_function", "by_argument", "by_receiver_name")
    classes = ("ByName", "ByTable", "ByText", "ByVariable", "ByAttribute", "ByBase")
    made = {("makers", name) for name in classes + functions}
    assert _found(tmp_path, texts, makers=True) == {("nets", "Encoder"), ("nets", "build"), *made}


def test_what_only_lists_layers_is_relevant_and_makes_none(tmp_path: Path) -> None:
    texts = {"listed": LISTED}
    assert {name for _, name in _found(tmp_path, texts)} == {"LSTM", "Model", "known", "configured"}
    assert not _found(tmp_path, texts, makers=True)


def test_a_file_is_concerned_only_if_it_builds_a_layer(tmp_path: Path) -> None:
    texts = {"listed": LISTED, "script": SCRIPT, "makers": MAKERS}
    found = relevance(_files(tmp_path, texts), [str(tmp_path)])
    assert {Path(path).stem for path in found.files} == {"script", "makers"}


def _files(folder: Path, texts: dict[str, str]) -> list[SourceFile]:
    return [SourceFile(str(folder / f"{name}.py"), text.encode(), ast.parse(text)) for name, text in texts.items()]


def _found(folder: Path, texts: dict[str, str], makers: bool = False) -> set[tuple[str, str]]:
    files = _files(folder, texts)
    all_found = relevance(files, [str(folder)])
    found = all_found.makers if makers else all_found.definitions
    return {
        (name, node.name)
        for name, file in zip(texts, files)
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node in found
    }
