"""What one walk over a file tells of its definitions."""

from __future__ import annotations

import ast
import inspect

from lstmcheck.source import syntax
from lstmcheck.source.outline import Outline

TEXT = """
from models import Net as Model
import pkg.layers
TABLE = {Model: "lstm"}
class Trainer(Base):
    def __init__(self, model: Model):
        self.model = model
        self.seen = []
    def step(self, x):
        if isinstance(self.model, Checked):
            self.seen.append(x)
        self.counts[x] = lambda y: y + offset
        yield x
        def inner():
            global total
            total += 1
"""


def test_an_outline_tells_what_a_definition_mentions_assigns_and_changes() -> None:
    outline = Outline(ast.parse(TEXT))
    assert outline.imported == {"Model": "Net"}
    assert {"models", "pkg", "layers"} <= outline.modules
    table, trainer = outline.statements[-2:]
    assert table.mentioned == {"lstm"}
    assert table.named == {"lstm", "Model"}
    assert trainer.name == "Trainer"
    inside = {scope.name: scope for scope in trainer.inner}
    init, step = inside["__init__"], inside["step"]
    assert init.stored == {"model", "seen"}
    assert step.yields
    assert not init.yields
    assert step.changed == {"seen", "counts"}
    assert [scope.globals for scope in step.inner if scope.is_function] == [{"total"}]
    assert "Checked" in step.named - step.mentioned
    assert {"Base", "offset"} <= trainer.mentioned
    assert "Model" not in trainer.named


def test_a_walk_meets_every_node_that_is_code() -> None:
    tree = ast.parse(inspect.getsource(ast))
    without = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
    expected = [node for node in ast.walk(tree) if not isinstance(node, without)]
    assert sorted(map(id, syntax.walk(tree))) == sorted(map(id, expected))
