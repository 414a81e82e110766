"""Edits of one file, made on what `ast` has located: an expression, a call's arguments, a line.

An expression that is replaced is a span of text. A call's arguments, with their commas and comments, are changed by
libcst on the text of the call alone, and libcst is imported only then. The columns of an edit are those of `Location`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lstmcheck.findings import Edit, Location
from lstmcheck.source.parse import SourceFile
from lstmcheck.source.syntax import by_name

if TYPE_CHECKING:
    import libcst as cst

_Node = TypeVar("_Node", bound=ast.AST)
Function = (ast.FunctionDef, ast.AsyncFunctionDef)

# Below these a text of any kind needs no parentheses.
_OPEN = (ast.Call, ast.keyword, ast.List, ast.Return, ast.Assign, ast.Expr, ast.NamedExpr)
_ATOMS = (
    *(ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Subscript),
    *(ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp),
)


class Value(NamedTuple):
    """Another text for an argument; `at` counts the arguments as they are written."""

    at: int
    text: str


class Name(NamedTuple):
    """A positional argument becomes a keyword argument, or a keyword another one."""

    at: int
    keyword: str


class Drop(NamedTuple):
    """An argument is left out."""

    at: int


class First(NamedTuple):
    """A positional argument is put before all others."""

    text: str


class Add(NamedTuple):
    """A keyword argument is added at the end."""

    keyword: str
    text: str


Change = Value | Name | Drop | First | Add


class Editing:
    """Finds nodes of a file again by their place, and makes edits of them."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._placed: dict[int, dict[Location, list[ast.AST]]] = {}
        self._named: dict[ast.AST, dict[str, list[ast.Name]]] = {}

    @cached_property
    def _by_line(self) -> dict[int, list[ast.AST]]:
        nodes: dict[int, list[ast.AST]] = {}
        for node in ast.walk(self.file.tree):
            if hasattr(node, "lineno"):
                nodes.setdefault(node.lineno, []).append(node)
        return nodes

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.file.tree) for child in ast.iter_child_nodes(node)}

    def find(self, where: Location, kind: type[_Node]) -> _Node | None:
        """The node of a kind at exactly this place."""
        return next((node for node in self._on_line(where.line).get(where, ()) if isinstance(node, kind)), None)

    def _on_line(self, line: int) -> dict[Location, list[ast.AST]]:
        """The nodes that start on a line by their places: a line may hold a thousand calls, each asked for."""
        if line not in self._placed:
            placed = self._placed[line] = {}
            for node in self._by_line.get(line, ()):
                placed.setdefault(self.file.location(node), []).append(node)
        return self._placed[line]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node right above."""
        return self._parents.get(node)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """All nodes above, the nearest first."""
        at = self._parents.get(node)
        while at is not None:
            yield at
            at = self._parents.get(at)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node stands in, or is."""
        return next((at for at in (node, *self.above(node)) if isinstance(at, ast.stmt)), None)

    def scope(self, node: ast.AST) -> ast.AST:
        """The function that a node stands in, or the module."""
        return next((at for at in self.above(node) if isinstance(at, (*Function, ast.Lambda))), self.file.tree)

    def names(self, scope: ast.AST) -> Mapping[str, list[ast.Name]]:
        """Where each name stands below a node, in the order of `ast.walk`; gathered once, as many findings may ask."""
        found = self._named.get(scope)
        if found is None:
            found = self._named[scope] = by_name(node for node in ast.walk(scope) if isinstance(node, ast.Name))
        return found

    def text(self, node: ast.AST) -> str:
        """The source of a node."""
        return self.file.segment(node)

    def operand(self, node: ast.expr) -> str:
        """The source of a node as an operand: in parentheses where it needs them."""
        return self.text(node) if isinstance(node, _ATOMS) else f"({self.text(node)})"

    def replace(self, node: ast.expr, text: str) -> Edit | None:
        """Another text for an expression, in parentheses where these are needed. None where it has no clear place."""
        if any(isinstance(at, (ast.JoinedStr, ast.FormattedValue)) for at in self.above(node)):
            return None  # before Python 3.12 these have no places of their own
        parent = self.parent(node)
        tuples = isinstance(parent, ast.Tuple) or (isinstance(parent, ast.Subscript) and node is parent.slice)
        if not isinstance(parent, _OPEN) and not tuples and not _is_atom(text):
            text = f"({text})"
        return Edit(self.file.location(node), text)

    def joined(self, first: ast.AST, last: ast.AST, template: str) -> Edit:
        """One text for all from the first node to the last; `{}` in it is what stands there."""
        start, end = self.file.location(first), self.file.location(last)
        span = replace(start, end_line=end.end_line, end_column=end.end_column)
        return Edit(span, template.replace("{}", self.file.excerpt(span)))

    def cut(self, first: ast.AST, following: ast.AST) -> Edit:
        """Nothing from the start of one node to the start of another."""
        start, end = self.file.location(first), self.file.location(following)
        return Edit(replace(start, end_line=end.line, end_column=end.column), "")

    def arguments(self, call: ast.Call, *changes: Change) -> Edit | None:
        """A call with other arguments, the rest as it was written. None where the call cannot be taken alone."""
        import libcst as cst

        text = self.text(call)
        try:
            tree = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            return None
        if not isinstance(tree, cst.Call) or not changes:
            return None
        new = cst.Module([]).code_for_node(_changed(tree, changes))
        return self._narrowed(self.file.location(call), text, new)

    def insert_line(self, statement: ast.stmt, text: str) -> Edit | None:
        """A new line after a statement that has its lines for itself, indented as it is."""
        end = statement.end_lineno
        if end is None or end > len(self.file.lines):
            return None
        first, last = self.file.lines[statement.lineno - 1], self.file.lines[end - 1]
        where = self.file.location(statement)
        indent = first[: where.column - 1]
        after = last[where.end_column - 1 :].strip()
        if indent.strip() or (after and not after.startswith("#")):
            return None
        at = replace(where, line=end, column=len(last) + 1, end_line=end, end_column=len(last) + 1)
        return Edit(at, f"\n{indent}{text}")

    def _narrowed(self, where: Location, old: str, new: str) -> Edit | None:
        """The edit that changes no more than differs."""
        if old == new:
            return None
        start = _common(old, new)
        rest_old, rest_new = old[start:], new[start:]
        end = _common(rest_old[::-1], rest_new[::-1])
        first, last = _moved(where, old[:start]), _moved(where, old[: len(old) - end])
        span = replace(
            where,
            line=first[0],
            column=first[1],
            end_line=last[0],
            end_column=last[1],
            cell=self.file.cell_at(first[0]),
        )
        return Edit(span, rest_new[: len(rest_new) - end])


def arguments_of(call: ast.Call) -> list[ast.expr | ast.keyword]:
    """The arguments as they are written, from left to right."""
    return sorted((*call.args, *call.keywords), key=lambda node: (node.lineno, node.col_offset))


def keyword_of(call: ast.Call, name: str) -> ast.keyword | None:
    """A keyword argument by its name."""
    return next((keyword for keyword in call.keywords if keyword.arg == name), None)


def _common(one: str, other: str) -> int:
    """How long the beginning is that two texts share."""
    return next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _is_atom(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, _ATOMS)
    except SyntaxError:
        return False


def _moved(where: Location, text: str) -> tuple[int, int]:
    """The line and column right after a text that starts at a place."""
    lines = text.split("\n")
    return where.line + len(lines) - 1, len(lines[-1]) + (where.column if len(lines) == 1 else 1)


def _changed(call: cst.Call, changes: Sequence[Change]) -> cst.Call:
    import libcst as cst

    arguments: list[cst.Arg | None] = list(call.args)
    for change in changes:
        if isinstance(change, (Add, First)):
            continue
        argument = arguments[change.at]
        assert argument is not None
        if isinstance(change, Drop):
            arguments[change.at] = None
        elif isinstance(change, Value):
            arguments[change.at] = argument.with_changes(value=cst.parse_expression(change.text))
        else:
            tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            arguments[change.at] = argument.with_changes(keyword=cst.Name(change.keyword), equal=tight)
    kept = _without(arguments)
    for change in changes:
        if isinstance(change, Add):
            kept = _with(call, kept, change)
        elif isinstance(change, First):
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if kept else cst.MaybeSentinel.DEFAULT
            kept = [cst.Arg(cst.parse_expression(change.text), comma=comma), *kept]
    return call.with_changes(args=kept)


def _without(arguments: Sequence[cst.Arg | None]) -> list[cst.Arg]:
    """The arguments that are left; the last of them ends as the last one did."""
    import libcst as cst

    kept = [argument for argument in arguments if argument is not None]
    if kept and arguments[-1] is None:
        # comments between the arguments stay with the one before
        between = kept[-1].comma
        commented = isinstance(between, cst.Comma) and _has_comment(between.whitespace_after)
        if not commented:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return kept


def _has_comment(space: Any) -> bool:
    import libcst as cst

    if not isinstance(space, cst.ParenthesizedWhitespace):
        return False
    return space.first_line.comment is not None or any(line.comment is not None for line in space.empty_lines)


def _with(call: cst.Call, arguments: Sequence[cst.Arg], change: Add) -> list[cst.Arg]:
    """One argument more, on a line of its own where the others have theirs."""
    import libcst as cst

    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    new = cst.Arg(cst.parse_expression(change.text), keyword=cst.Name(change.keyword), equal=tight)
    if not arguments:
        return [new]
    *before, last = arguments
    if not isinstance(last.comma, cst.Comma):
        space: Any = cst.SimpleWhitespace(" ")
        if before and isinstance(before[-1].comma, cst.Comma) and not _has_comment(before[-1].comma.whitespace_after):
            space = before[-1].comma.whitespace_after
        new = new.with_changes(whitespace_after_arg=last.whitespace_after_arg)
        between = cst.Comma(whitespace_after=space)
        return [*before, last.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace("")), new]
    closing = last.comma.whitespace_after
    if not isinstance(closing, cst.ParenthesizedWhitespace):
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return [*before, last.with_changes(comma=between), new.with_changes(comma=last.comma)]
    first = call.whitespace_before_args
    indent = first.last_line if isinstance(first, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace("    ")
    between = last.comma.with_changes(whitespace_after=closing.with_changes(last_line=indent))
    plain = closing.with_changes(first_line=closing.first_line.with_changes(comment=None), empty_lines=[])
    end = cst.Comma(whitespace_after=plain)
    return [*before, last.with_changes(comma=between), new.with_changes(comma=end)]


def assignments(scope: ast.AST) -> Mapping[str, list[ast.expr | None]]:
    """What each name of a scope is assigned, in order; None where it is bound in another way."""
    found: dict[str, list[ast.expr | None]] = {}
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (*Function, ast.ClassDef)):
            found.setdefault(node.name, []).append(None)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
            for target in node.targets:
                found.setdefault(target.id, []).append(node.value)  # type: ignore[attr-defined]
            waiting[:0] = [node.value]
            continue
        if isinstance(node, ast.arg):
            found.setdefault(node.arg, []).append(None)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, []).append(None)
        waiting[:0] = list(ast.iter_child_nodes(node))
    return found
