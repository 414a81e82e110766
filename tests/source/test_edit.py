"""Edits made from syntax trees: an expression keeps its meaning in its place, the rest of a call its form."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from lstmcheck.source.edit import Add, Editing, assignments
from lstmcheck.source.parse import SourceFile, parse
from lstmcheck.source.patch import patched


def editing(text: str) -> Editing:
    file = parse("a.py", text.encode())
    assert isinstance(file, SourceFile)
    return Editing(file)


def first(text: str, kind: type[Any]) -> tuple[Editing, Any]:
    made = editing(text)
    return made, next(node for node in ast.walk(made.file.tree) if isinstance(node, kind))


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        ("y = f()", "a + b", "y = a + b"),
        ("y = f() * 2", "a + b", "y = (a + b) * 2"),
        ("y = f() * 2", "a", "y = a * 2"),
        ("y = x[f()]", "a, b", "y = x[a, b]"),
        ("y = f().size", "a + b", "y = (a + b).size"),
    ],
)
def test_an_expression_is_put_in_the_place_of_another(text: str, new: str, expected: str) -> None:
    made, call = first(text, ast.Call)
    edit = made.replace(call, new)
    assert edit is not None
    assert patched("a.py", text.encode(), [edit]).decode() == expected


def test_what_stands_in_a_text_has_no_place_of_its_own() -> None:
    made, call = first('y = f"{f()}"', ast.Call)
    assert made.replace(call, "a") is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(a)", "f(a, b=1)"),
        ("f()", "f(b=1)"),
        ("f(a, )", "f(a, b=1, )"),
        ("f(a,)", "f(a, b=1,)"),
        ("f(\n    a,\n)", "f(\n    a,\n    b=1,\n)"),
        ("f(\n    a\n)", "f(\n    a, b=1\n)"),
    ],
)
def test_an_argument_is_added_in_the_form_of_the_others(call: str, expected: str) -> None:
    made, node = first(call, ast.Call)
    edit = made.arguments(node, Add("b", "1"))
    assert edit is not None
    assert patched("a.py", call.encode(), [edit]).decode() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = 1", "y = 1\nz = 2"),
        ("if x:\n    y = 1  # why", "if x:\n    y = 1  # why\n    z = 2"),
        ("y = 1; w = 3", None),
        ("if x: y = 1", None),
    ],
)
def test_a_line_is_put_after_a_statement_that_has_its_own(text: str, expected: str | None) -> None:
    made, statement = first(text, ast.Assign)
    edit = made.insert_line(statement, "z = 2")
    assert (patched("a.py", text.encode(), [edit]).decode() if edit is not None else None) == expected


def test_what_is_assigned_in_a_scope() -> None:
    tree = ast.parse(
        "a = 1\na = b = 2\nc, d = 3, 4\nfor e in []:\n    pass\n"
        "def f():\n    a = 5\nclass C:\n    a = 6\ng = lambda h: (a := 7)\nif (i := 8):\n    a += 1\n"
    )
    found = {
        name: [getattr(value, "value", value and type(value)) for value in values]
        for name, values in assignments(tree).items()
    }
    assert found == {
        "a": [1, 2, None],
        "b": [2],
        "c": [None],
        "d": [None],
        "e": [None],
        "f": [None],
        "C": [None],
        "g": [ast.Lambda],
        "i": [None],
    }
