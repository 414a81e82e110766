"""Whether a file that speaks of recurrent layers names one in code: the text around each name tells most of it.

That costs a fraction of parsing.
Code and prose differ where two words stand side by side ("an RNN that"), which in code only keywords do, and where a
comment, a doctest or a string's quote is in sight. What cannot be told apart counts as code: the syntax tree decides.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator

from lstmcheck.source.mentions import ANYTHING, MENTIONS, NOTHING, Names

_NAME = re.compile(rb"\b(?:(?:LSTM|GRU|RNN)(?:Cell|CellBase|Base)?|pack_padded_sequence)\b")
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_PATH = _LETTERS + b"."
_SOFT = ("match", "case", "type", "print", "exec")
_KEYWORDS = frozenset(word.encode() for word in (*keyword.kwlist, *_SOFT))
_QUOTES = (b'"', b"'")
_BRACKETS = (b")", b"]", b"}")
_DOCTEST = re.compile(rb"[ \t]*(?:>>>|\.\.\.[ \t]+(\w+))")
_NEXT_WORD = re.compile(rb"[ \t]+(\w+)")
# the classes of a test, and the annotation of a result
_TESTED = re.compile(rb"(?:is(?:instance|subclass)\([^()]*,[ \t]*\(?[\w., \t|]*|->[ \t]*[\w.\[, \t|]*)\Z")
# each begins with plain text, which is searched for fast
_BY_TEXT = (
    re.compile(rb"getattr\(\s*(?!self\b|cls\b)"),
    re.compile(rb"__dict__"),
    *(
        re.compile(rb"%b\((?<!\w%b\()" % (name, name))
        for name in (b"vars", b"eval", b"exec", b"locate", b"import_module", b"__import__")
    ),
    *(
        re.compile(rb"%b\(\)(?<!\w%b\(\))(?!\[[^\]\n]*\][ \t]*=[^=])" % (name, name))
        for name in (b"globals", b"locals")
    ),
)
_IMPORTED = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
_FAR = 400
_SHORT = 60
# comments and strings; a quote that begins none of them means that count was lost
_TEXT = re.compile(
    rb"#[^\n]*"
    rb'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    rb'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    rb"|[\"']",
    re.DOTALL,
)
# the prefixes of strings that hold code
_FORMATTED = re.compile(rb"[fFtT][rR]?\Z")


def names(data: bytes) -> list[re.Match[bytes]]:
    """Every whole name, in the order of the text."""
    found = {}
    for mention in MENTIONS:
        start = data.find(mention)
        while start >= 0:
            match = _NAME.match(data, start)
            if match is not None:
                found[start] = match
            start = data.find(mention, start + 1)
    return [found[start] for start in sorted(found)]


def said(data: bytes) -> Names:
    """Whether a module may name a layer in code, and do anything with it."""
    found = [match for match in names(data) if _may_be_code(*_around(data, match))]
    return _judged(data, _outside_texts(data, found)) if found else NOTHING


def _judged(data: bytes, names: Iterable[re.Match[bytes]]) -> Names:
    """Whether there are names, and one may be a layer of torch's that something is done with.

    That is no class of the module's own, and no text that nothing reads.
    """
    own: dict[bytes, bool] = {}
    named = has_text = False
    for name in names:
        named = True
        before, after = _around(data, name)
        if _is_tested(before, after):
            continue
        if not before.endswith(b".") and b"import" not in before:
            if name[0] not in own:
                own[name[0]] = _defines(data, name[0])
            if own[name[0]]:
                continue
        if not before.endswith(_QUOTES):
            return ANYTHING
        has_text = True
    return Names(named, has_text and _reads_by_text(data))


def _defines(data: bytes, name: bytes) -> bool:
    """Whether a module has a class of its own with a name."""
    # what begins with plain text is searched for fast
    return (
        re.search(rb"\nclass[ \t]+%b\b" % name, data) is not None
        or re.match(rb"class[ \t]+%b\b" % name, data) is not None
    )


def _reads_by_text(data: bytes) -> bool:
    """Whether a module, or one of its program that it imports, may turn the text of a name into what it names."""
    if any(pattern.search(data) is not None for pattern in _BY_TEXT):
        return True
    heads = {match[1].partition(b".")[0].decode("utf-8", "replace") for match in _IMPORTED.finditer(data)}
    return not heads <= {"torch", "numpy", *sys.stdlib_module_names}


def _around(data: bytes, name: re.Match[bytes]) -> tuple[bytes, bytes]:
    """What stands before and after a name on its line, as far as it is near."""
    start, end = name.span()
    line = data.rfind(b"\n", max(start - _FAR, 0), start) + 1
    # of a long line, a sign that cannot be misread stands for what is cut off
    before = data[line:start] if line or start <= _FAR else b"'" + data[start - _FAR : start]
    stop = data.find(b"\n", end, end + _FAR)
    return before, data[end : end + _FAR if stop < 0 else stop]


def _outside_texts(data: bytes, names: Iterable[re.Match[bytes]]) -> Iterator[re.Match[bytes]]:
    """The names that stand outside comments and strings, are whole strings, or stand in strings that hold code."""
    texts = _TEXT.finditer(data)
    start = end = 0
    for name in names:
        while end <= name.start():
            text = next(texts, None)
            if text is None or text[0] in _QUOTES:
                start, end = len(data), len(data) + 1
            else:
                start, end = text.span()
        whole = data[start:end].strip(b"\"'") == name[0] or b"\\" in data[start : min(end, start + _SHORT)]
        if name.start() < start or whole or _FORMATTED.search(data, max(start - 2, 0), start):
            yield name


def _may_be_code(before: bytes, after: bytes) -> bool:
    head = before.rstrip(_PATH)
    path = before[len(head) :]
    last, following = head[-1:], after[:1]
    if last == b"`" or following == b"`" or head.endswith(b"`~"):
        return False
    if b"#" in head and b'"' not in before and b"'" not in before:
        return False
    doctest = _DOCTEST.match(before)
    if doctest is not None and doctest[1] not in _KEYWORDS:
        return False
    further = _NEXT_WORD.match(after)
    if further is not None and further[1] not in _KEYWORDS:
        return False
    if last in (b" ", b"\t") and not path.startswith(b"."):
        rest = head.rstrip(b" \t")
        word = rest[len(rest.rstrip(_LETTERS)) :]
        if rest.endswith(_BRACKETS) or (word and not word[:1].isdigit() and word not in _KEYWORDS):
            return False
    return not _is_part_of_text(head, path, following)


def _is_part_of_text(head: bytes, path: bytes, following: bytes) -> bool:
    """Whether the name is a part of a string: with more of it before or after, it is not the name of anything."""
    if head.endswith(_QUOTES):
        if path:
            return not path.startswith(b".")
        return following not in (b"", b'"', b"'", b"{", b"\\")
    return following in _QUOTES and bool(path or head) and not (not path and head.endswith((b"}", b"\\")))


def _is_tested(before: bytes, after: bytes) -> bool:
    """Whether a value is only compared with the layer, or annotated with it: what gives it to nothing."""
    if not before.strip(b" \t" + _PATH):
        # on a line of its own: the key of a table, a name that is annotated, a name for something else
        rest = after.lstrip(b" \t")
        return rest.startswith(b":") or (rest.startswith(b"=") and rest[1:2] != b"=" and b"." not in before)
    return _TESTED.search(before) is not None
