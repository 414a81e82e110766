"""Fixes of programs that are laid out in another way: they parse, a second run changes nothing, the rest stays."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable

import pytest

from lstmcheck import fixing
from lstmcheck.config import Settings
from lstmcheck.rules import all_rules
from lstmcheck.rules.model import Bad


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


def commented(source: str) -> str:
    """A comment and a line break after every comma within parentheses."""
    lines, depth, breaks = source.split("\n"), 0, []
    for token in _tokens(source):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if token.string == "," and depth and token.type == tokenize.OP:
            breaks.append(token.end)
    for line, column in reversed(breaks):
        text = lines[line - 1]
        lines[line - 1] = f"{text[:column]}  # kept: [x] (y\n      {text[column:]}"
    return "\n".join(lines)


def exploded(source: str) -> str:
    """Each argument of a call on its own line, with a trailing comma, as formatters lay it out."""
    tree, lines = ast.parse(source), source.split("\n")
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.lineno == node.end_lineno and node.args and _is_plain(node)
    ]
    outer = {id(inner) for call in calls for inner in ast.walk(call) if inner is not call}
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset), reverse=True):
        if id(call) in outer:
            continue
        text = lines[call.lineno - 1]
        parts = sorted((*call.args, *call.keywords), key=lambda node: node.col_offset)
        start, end = call.func.end_col_offset, call.end_col_offset
        inside = ",\n        ".join(text[part.col_offset : part.end_col_offset] for part in parts)
        lines[call.lineno - 1] = f"{text[:start]}(\n        {inside},\n    ){text[end:]}"
    return "\n".join(lines)


def _is_plain(call: ast.Call) -> bool:
    """Whether no argument stands in parentheses of its own, or is a bare generator."""
    return not any(isinstance(arg, (ast.GeneratorExp, ast.Starred)) for arg in call.args) and "(" not in ast.unparse(
        ast.Tuple([*call.args, *(keyword.value for keyword in call.keywords)], ast.Load())
    ).strip("()")


def parenthesised(source: str) -> str:
    """Names and numbers among the arguments in parentheses of their own."""
    lines = source.split("\n")
    simple = [
        arg
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for arg in (*node.args, *(keyword.value for keyword in node.keywords))
        if isinstance(arg, (ast.Name, ast.Constant, ast.Attribute)) and arg.lineno == arg.end_lineno
    ]
    for arg in sorted(simple, key=lambda arg: (arg.lineno, arg.col_offset), reverse=True):
        text = lines[arg.lineno - 1]
        start, end = arg.col_offset, arg.end_col_offset or 0
        lines[arg.lineno - 1] = f"{text[:start]}({text[start:end]}){text[end:]}"
    return "\n".join(lines)


def tabs(source: str) -> str:
    """Indented with tabs."""
    lines = source.split("\n")
    return "\n".join("\t" * ((len(line) - len(line.lstrip(" "))) // 4) + line.lstrip(" ") for line in lines)


LAYOUTS: dict[str, Callable[[str], bytes]] = {
    "tabs-crlf-bom": lambda source: b"\xef\xbb\xbf" + tabs(source).replace("\n", "\r\n").encode(),
    "exploded-crlf": lambda source: exploded(source).replace("\n", "\r\n").encode(),
    "comments": lambda source: commented(source).encode(),
    "parentheses": lambda source: parenthesised(source).encode(),
}

MENDED = [
    pytest.param(example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.examples, 1)
    if isinstance(example, Bad) and example.fixed
]


def fixed(data: bytes) -> fixing.Fixed:
    return fixing.fix(
        "a.py", settings=Settings(), given={"a.py": data}, unsafe=True, choose=lambda whole: whole.findings
    )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("example", MENDED)
def test_a_fix_keeps_the_layout(example: Bad, layout: str) -> None:
    before = LAYOUTS[layout](example.source)
    done = fixed(before)
    after = done.after["a.py"]
    assert done.result.findings == []
    assert _meaning(after) == _meaning((example.mended or "").encode())
    assert fixed(after).after == {}
    # a comment about what is no more goes with it, but not unasked
    unsafe = any(finding.fix is not None and finding.fix.applicability == "unsafe" for finding in done.mended)
    assert _comments(after) == _comments(before) or (unsafe and layout == "comments")
    assert after.count(b"\r\n") == (after.count(b"\n") if "crlf" in layout else 0)
    assert after.startswith(b"\xef\xbb\xbf") == ("bom" in layout)
    if "tabs" in layout:
        assert b"\n  " not in after


def _meaning(data: bytes) -> str:
    return ast.dump(ast.parse(data))


def _comments(data: bytes) -> list[str]:
    return [token.string for token in tokenize.tokenize(io.BytesIO(data).readline) if token.type == tokenize.COMMENT]
