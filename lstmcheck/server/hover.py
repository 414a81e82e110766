"""What an editor says of the word under the pointer: a rule's page, the shape of a value, the shapes of a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lstmcheck.config import rule_names
from lstmcheck.report._text import printable
from lstmcheck.survey.model import FileShapes, Line, Shown

_WORD = re.compile(r"[\w.-]+")
_COMMENT = re.compile(r"#.*(?:lstmcheck\s*:|noqa)", re.IGNORECASE)


def text_at(text: str, line: int, column: int, shapes: FileShapes | None) -> str | None:
    """Markdown about the word at a column, from 1, of a line of the program; None where nothing is known."""
    word = next((match for match in _WORD.finditer(text) if match.start() < column <= match.end() + 1), None)
    if word is None:
        return None
    comment = _COMMENT.search(text)
    if comment is not None and word.start() >= comment.start():
        return _rule(word[0])
    if shapes is None:
        return None
    said = list(_values(shapes, line, word[0])) or list(_layers(shapes, line))
    return "\n".join(said) or None


def _rule(word: str) -> str | None:
    wanted = word.lower()
    code = next((code for code, name in rule_names().items() if wanted in (code.lower(), name.lower())), None)
    if code is None:
        return None
    from lstmcheck.pages import rule
    from lstmcheck.rules import reportable

    return "\n".join(rule.markdown(next(one for one in reportable() if one.code == code)))


def _values(shapes: FileShapes, line: int, word: str) -> Iterator[str]:
    names = {word, word.rpartition(".")[2]}
    for value in shapes.lines:
        if value.line == line and value.name in names:
            yield from _value(value)


def _value(value: Line) -> Iterator[str]:
    for shown in value.shapes:
        yield f"`{_plain(value.name)}: {_plain(shown.text)}`{_from(shown)}  "
    if value.cause is not None:
        yield f"`{_plain(value.name)}`: not known, {_plain(str(value.cause))}"


def _from(shown: Shown) -> str:
    return f" in the call at {_plain(shown.at)}" if shown.origin == "call" and shown.at else ""


def _layers(shapes: FileShapes, line: int) -> Iterator[str]:
    here = [layer for layer in shapes.layers if layer.line == line or f"line {line}" in layer.called]
    for layer in here:
        yield from (f"`{_plain(layer.text)}`", "", "| | |", "|---|---|")
        yield from (f"| {name} | `({_plain(', '.join(axes))})` |" for name, axes in layer.tensors.items())
        if layer.parameters is not None:
            yield f"| parameters | `{_plain(layer.parameters)}` |"
        yield ""


def _plain(text: str) -> str:
    return printable(text).replace("`", "'").replace("|", "\\|")
