"""Programs changed at random: in their bytes, in their words, in their syntax trees. A seed gives one mutant."""

from __future__ import annotations

import ast
import copy
import random
import re
from collections.abc import Callable, Iterator

_WORDS = re.compile(r"\w+|[^\S\n]+|\n|[^\w\s]")
# Numbers, texts and names that break what is computed without looking.
_NUMBERS = (0, -1, 1, 2**31, 2**63, 10**40, -(10**25), 0.5, float("inf"), 1j)
_CONSTANTS = (*_NUMBERS, True, None, "", "a" * 50, "\x00", b"x", ...)
_NAMES = ("self", "super", "torch", "nn", "x", "len", "range", "int", "type", "print", "None", "__class__", "__dict__")


def mutant(source: str, seed: int) -> bytes:
    """A program with a few changes of one kind."""
    draw = random.Random(seed)
    kind = draw.choice((in_tree, in_tree, in_tree, in_words, in_words, in_bytes))
    return kind(source, draw)


def in_bytes(source: str, draw: random.Random) -> bytes:
    """Bytes flipped, or the end cut off."""
    data = bytearray(source.encode("utf-8", "surrogatepass"))
    if draw.random() < 0.3:
        return bytes(data[: draw.randrange(len(data) + 1)])
    for _ in range(draw.randint(1, 6)):
        if data:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def in_words(source: str, draw: random.Random) -> bytes:
    """Words deleted, duplicated, exchanged, or put in another one's place."""
    words = _WORDS.findall(source)
    for _ in range(draw.randint(1, 4)):
        if not words:
            break
        one, other = draw.randrange(len(words)), draw.randrange(len(words))
        change = draw.randrange(4)
        if change == 0:
            del words[one]
        elif change == 1:
            words.insert(one, words[other])
        elif change == 2:
            words[one], words[other] = words[other], words[one]
        else:
            words[one] = draw.choice((words[other], *_NAMES, "0", "10**30", "[]", "*"))
    return "".join(words).encode("utf-8", "surrogatepass")


def in_tree(source: str, draw: random.Random) -> bytes:
    """A program that still parses: expressions and statements moved about, constants and names replaced."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return in_bytes(source, draw)
    for _ in range(draw.randint(1, 5)):
        draw.choice(_TREE)(tree, draw)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, RecursionError, AttributeError):  # what was put together has no text
        return in_words(source, draw)


Tree = Callable[[ast.Module, random.Random], None]


def _expressions(tree: ast.Module) -> list[tuple[ast.AST, str, int | None, ast.expr]]:
    """(parent, field, position, expression) of all that is evaluated."""
    places: list[tuple[ast.AST, str, int | None, ast.expr]] = []
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            for position, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
                    places.append((parent, field, position, node))
    return places


def _blocks(tree: ast.Module) -> list[list[ast.stmt]]:
    named = (getattr(node, field, None) for node in ast.walk(tree) for field in ("body", "orelse", "finalbody"))
    return [block for block in named if isinstance(block, list) and block and isinstance(block[0], ast.stmt)]


def _put(place: tuple[ast.AST, str, int | None, ast.expr], value: ast.expr) -> None:
    parent, field, position, _ = place
    value = copy.deepcopy(value)  # a tree that holds itself has no end
    if position is None:
        setattr(parent, field, value)
    else:
        getattr(parent, field)[position] = value


def _replace_expression(tree: ast.Module, draw: random.Random) -> None:
    places = _expressions(tree)
    if places:
        _put(draw.choice(places), draw.choice(places)[3])


def _replace_constant(tree: ast.Module, draw: random.Random) -> None:
    places = [place for place in _expressions(tree) if isinstance(place[3], ast.Constant)]
    if places:
        _put(draw.choice(places), ast.Constant(draw.choice(_CONSTANTS)))


def _replace_name(tree: ast.Module, draw: random.Random) -> None:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    if names:
        draw.choice(names).id = draw.choice((draw.choice(names).id, *_NAMES))


def _wrap(tree: ast.Module, draw: random.Random) -> None:
    places = _expressions(tree)
    if not places:
        return
    place = draw.choice(places)
    node, other = place[3], draw.choice(places)[3]
    _put(
        place,
        draw.choice(
            (
                ast.BinOp(node, draw.choice((ast.Add(), ast.Mult(), ast.Pow(), ast.Mod(), ast.FloorDiv())), other),
                ast.IfExp(other, node, other),
                ast.Call(node, [other], []),
                ast.Subscript(node, other, ast.Load()),
                ast.Attribute(node, draw.choice(_NAMES), ast.Load()),
                ast.List([node, other], ast.Load()),
                ast.Starred(node, ast.Load()),
                ast.Lambda(ast.arguments([], [], None, [], [], None, []), node),
                ast.Compare(node, [draw.choice((ast.Eq(), ast.Lt(), ast.In(), ast.Is()))], [other]),
            )
        ),
    )


def _change_statements(tree: ast.Module, draw: random.Random) -> None:
    blocks = _blocks(tree)
    if not blocks:
        return
    block, other = draw.choice(blocks), draw.choice(blocks)
    at = draw.randrange(len(block))
    statement = block[at]
    change = draw.randrange(5)
    if change == 0 and len(block) > 1:
        del block[at]
    elif change == 1:
        block.insert(at, copy.deepcopy(draw.choice(other)))
    elif change == 2:
        end = draw.randrange(len(block))
        block[at], block[end] = block[end], block[at]
    elif change == 3:
        block[at] = ast.While(ast.Constant(True), [statement], [])
    else:
        block[at] = ast.If(ast.Name("flag", ast.Load()), [statement], [copy.deepcopy(draw.choice(other))])


def _change_call(tree: ast.Module, draw: random.Random) -> None:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if not calls:
        return
    call, other = draw.choice(calls), draw.choice(calls)
    change = draw.randrange(4)
    if change == 0 and call.args:
        del call.args[draw.randrange(len(call.args))]
    elif change == 1 and other.args:
        call.args.append(copy.deepcopy(draw.choice(other.args)))
    elif change == 2 and call.keywords:
        del call.keywords[draw.randrange(len(call.keywords))]
    elif other.keywords:
        call.keywords.append(copy.deepcopy(draw.choice(other.keywords)))


def _change_bases(tree: ast.Module, draw: random.Random) -> None:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    if classes:
        name = ast.Name(draw.choice((draw.choice(classes).name, "object", "dict", "type")), ast.Load())
        draw.choice(classes).bases.append(name)


_TREE: tuple[Tree, ...] = (
    _replace_expression,
    _replace_constant,
    _replace_name,
    _wrap,
    _wrap,
    _change_statements,
    _change_call,
    _change_bases,
)


def lengthened(source: str, times: int) -> Iterator[bytes]:
    """The program once for each statement, with that statement so many times in a row."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = source.split("\n")
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if isinstance(node, (ast.mod, ast.stmt)) else []:
            if isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                continue
            first = min([statement, *getattr(statement, "decorator_list", [])], key=lambda part: part.lineno).lineno - 1
            own = lines[first : statement.end_lineno]
            if own[0][: statement.col_offset].strip():
                continue
            yield "\n".join([*lines[:first], *own * times, *lines[statement.end_lineno :]]).encode("utf-8", "replace")
