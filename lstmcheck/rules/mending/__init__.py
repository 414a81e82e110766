"""What the fixes of rules are made of: the program to change, and the places in it that a finding is about."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from lstmcheck.dims import TooComplex
from lstmcheck.findings import Applicability, Edit, Finding, Fix, Location, Violation
from lstmcheck.rules.judging import rule_for
from lstmcheck.source.edit import Editing, assignments
from lstmcheck.source.parse import SourceFile


class Place:
    """The call, or another expression, that a finding is about, in its file."""

    def __init__(self, code: Code, editing: Editing, node: ast.expr) -> None:
        self.code = code
        self.editing = editing
        self.node = node

    @property
    def call(self) -> ast.Call | None:
        """The node, where it is a call."""
        return self.node if isinstance(self.node, ast.Call) else None

    def near(self, other: Place | None) -> bool:
        """Whether another expression stands in the same function."""
        if other is None or other.editing is not self.editing:
            return False
        return self.editing.scope(self.node) is self.editing.scope(other.node)

    def text(self, node: ast.AST | None = None) -> str:
        """The source of the node or of another one of the file."""
        return self.editing.text(node or self.node)

    def is_read(self, target: ast.expr) -> bool:
        """Whether what a target names is read anywhere in its function, or may be; `_` never counts."""
        names = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
        scope = self.editing.scope(self.node)
        named = self.editing.names(scope)
        read = any(isinstance(node.ctx, ast.Load) for name in names - {"_"} for node in named.get(name, ()))
        plain = isinstance(target, (ast.Name, ast.Tuple, ast.Starred)) and not isinstance(scope, ast.Module)
        return not (plain or names == {"_"}) or read

    def resolved(self, node: ast.expr) -> ast.expr:
        """What a name stands for, where its function binds it once, to one expression; anything else is itself."""
        seen = set[str]()
        while isinstance(node, ast.Name) and node.id not in seen:
            seen.add(node.id)
            values = assignments(self.editing.scope(node)).get(node.id, [])
            value = values[0] if len(values) == 1 else None
            if value is None:
                break
            node = value
        return node


class Code:
    """The files of a run, each ready to be edited."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = {file.path: file for file in files}
        self._editings: dict[str, Editing] = {}

    def editing(self, path: str) -> Editing | None:
        """A file that was interpreted."""
        if path not in self._files:
            return None
        if path not in self._editings:
            self._editings[path] = Editing(self._files[path])
        return self._editings[path]

    def place(self, where: Location | None, kind: type[ast.expr] = ast.expr) -> Place | None:
        """The expression of a kind at exactly this place."""
        editing = self.editing(where.path) if where is not None else None
        if editing is None or where is None:
            return None
        node = editing.find(where, kind)
        return Place(self, editing, node) if node is not None else None

    def at(self, violation: Violation) -> Place | None:
        """The call that a violation is about."""
        return self.place(violation.location, ast.Call)

    def layer(self, violation: Violation) -> Place | None:
        """The call that builds the layer concerned."""
        return self.place((violation.layer or {}).get("location"), ast.Call)

    def made(self, violation: Violation, what: str) -> Place | None:
        """The expression that makes a value of the call: "h_0", "c_0", "input"."""
        return self.place(violation.facts.get("made", {}).get(what), ast.Call)


def fix(safety: Applicability, title: str, *edits: Edit | None) -> Fix | None:
    """A fix of these edits; none where one of them cannot be made."""
    known = [edit for edit in edits if edit is not None]
    if len(known) != len(edits) or not edits:
        return None
    return Fix(safety, title, tuple(sorted(dict.fromkeys(known), key=lambda edit: edit.location)))


def mended(finding: Finding, violation: Violation, code: Code, editable: Container[str]) -> Finding:
    """The finding with its fix, where its rule has one for it. Files that are not `editable` are only shown changed."""
    rule = rule_for(violation)
    try:
        made = rule.fix(violation, code) if rule is not None and rule.fix is not None else None
    except TooComplex:  # a size that nobody would write
        made = None
    if made is None or not made.edits or any(code.editing(edit.location.path) is None for edit in made.edits):
        return finding
    if any(edit.location.path not in editable for edit in made.edits):
        made = replace(made, applicability="display")
    elif made.applicability == "safe" and _loses_comments(made.edits, code):
        made = replace(made, applicability="unsafe")
    return replace(finding, fix=made)


def _loses_comments(edits: Sequence[Edit], code: Code) -> bool:
    return any(_old(edit, code).count("#") > edit.content.count("#") for edit in edits)


def _old(edit: Edit, code: Code) -> str:
    editing = code.editing(edit.location.path)
    return editing.file.excerpt(edit.location) if editing is not None else ""
