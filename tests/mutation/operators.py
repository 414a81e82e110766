"""Small changes of a syntax tree that a test should notice: each is one place and one way to change it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutant(NamedTuple):
    """A changed program: the line, what stood there and what stands there."""

    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a program. Annotations, docstrings, texts of messages and `if TYPE_CHECKING` are left alone."""
    for number in range(len(list(_changes(ast.parse(source))))):
        tree = ast.parse(source)
        statement, change = list(_changes(tree))[number]
        before = ast.unparse(copy.deepcopy(statement))
        change()
        ast.fix_missing_locations(tree)
        yield Mutant(statement.lineno, before, ast.unparse(statement), ast.unparse(tree))


def _changes(tree: ast.Module) -> Iterator[tuple[ast.stmt, _Change]]:
    for statement, node in _nodes(tree.body):
        yield from ((statement, change) for change in _of(node))


class _Change(NamedTuple):
    node: ast.AST
    field: str
    position: int | None
    value: object

    def __call__(self) -> None:
        if self.position is None:
            setattr(self.node, self.field, self.value)
        else:
            getattr(self.node, self.field)[self.position] = self.value


def _nodes(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.AST]]:
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.AnnAssign)):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and "TYPE" in statement.test.id:
            continue
        yield statement, statement
        for field, value in ast.iter_fields(statement):
            if field in ("annotation", "returns", "decorator_list", "bases", "args", "body", "orelse", "finalbody"):
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.expr):
                    yield from ((statement, node) for node in ast.walk(part))
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(statement, field, None)
            if isinstance(inner, list) and inner and isinstance(inner[0], ast.stmt):
                yield from _nodes(inner)


def _of(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in _SWAPPED:
        yield _Change(node, "op", None, _SWAPPED[type(node.op)]())
    elif isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            yield _Change(node, "ops", position, _SWAPPED[type(operator)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _Change(node, "op", None, ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _Change(node, "value", None, not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _Change(node, "value", None, node.value + 1)
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield _Change(node, "test", None, ast.UnaryOp(ast.Not(), node.test))
    elif _is_given(node):
        yield _Change(node, "value", None, ast.Constant(None))


def _is_given(node: ast.AST) -> bool:
    """Whether a statement hands something out: a result, or a need."""
    if isinstance(node, ast.Return):
        return node.value is not None
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)
