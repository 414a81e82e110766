"""Which definitions are looked at by themselves."""

from __future__ import annotations

import ast
from pathlib import Path

from lstmcheck.infer.relevance import relevant
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


def test_a_definition_is_relevant_by_what_its_file_defines_or_imports(tmp_path: Path) -> None:
    texts = {"nets": NETS, "imports": IMPORTS, "reads": READS, "apart": APART}
    files = [SourceFile(str(tmp_path / f"{name}.py"), text.encode(), ast.parse(text)) for name, text in texts.items()]
    found = relevant(files, [str(tmp_path)])
    named = {
        (name, node.name)
        for name, file in zip(texts, files)
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node in found
    }
    assert named == {
        ("nets", "Encoder"),
        ("nets", "build"),
        ("imports", "main"),
        ("imports", "nested"),
        ("reads", "main"),
    }
