"""Where the user's source reads what a recurrent call returned: found in the text, once there is something to say.

The values of a call are followed by name from the statement of the call on: through assignments, into functions of the
same file, and back to the caller where they are returned.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Literal

from lstmcheck.findings import Location
from lstmcheck.runtime import sites

FRAMES = 8
"""How many callers are remembered of a call."""

Part = Literal["out", "h_n", "c_n"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a running function: its code, and the instruction and line that it had come to."""

    code: CodeType
    instruction: int
    line: int


def frames(depth: int) -> tuple[Frame, ...]:
    """The user's functions that are running now, the innermost first."""
    found: list[Frame] = []
    frame = sys._getframe(depth)
    while frame is not None and len(found) < FRAMES:
        if sites.origin(frame.f_code.co_filename) == "user":
            found.append(Frame(frame.f_code, frame.f_lasti, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(found)


Match = Callable[[ast.expr], "ast.expr | None"]
"""Given an expression, what it is applied to if it is the sought operation, else None."""


def find(running: Sequence[Frame], part: Part, matches: Sequence[Match]) -> Location | None:
    """The first place where one of the operations is applied to a part of what a call returned."""
    for match in matches:
        node, path = _search(running, part, match)
        if node is not None:
            return _location(path, node)
    return None


def _search(running: Sequence[Frame], part: Part, match: Match) -> tuple[ast.expr | None, str]:
    sought: Part | None = part
    for frame in running:
        path = frame.code.co_filename
        body = _body_of(path, frame.code)
        if body is None:
            break
        reading = _Reading(path, match)
        found = reading.after_call(body, frame, sought)
        if found is not None:
            return found, path
        if not reading.returned:
            break
        sought = None
    return None, ""


def _location(path: str, node: ast.expr | ast.stmt) -> Location:
    end_line, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
    column = sites._points(path, node.lineno, node.col_offset)
    return Location(sites.shown(path), node.lineno, column + 1, end_line, sites._points(path, end_line, end) + 1)


@lru_cache(maxsize=64)
def tree(path: str) -> ast.Module | None:
    """The syntax tree of a file; None where it cannot be read, or there is none."""
    text = "".join(linecache.getlines(path))
    try:
        return ast.parse(text) if text else None
    except (SyntaxError, ValueError):
        return None


def _body_of(path: str, code: CodeType) -> list[ast.stmt] | None:
    parsed = tree(path)
    if parsed is None or code.co_name == "<module>":
        return parsed.body if parsed is not None else None
    function = _function_of(path, code)
    return function.body if function is not None else None


def _function_of(path: str, code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    parsed = tree(path)
    if parsed is None:
        return None
    candidates = [
        node
        for node in ast.walk(parsed)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name == code.co_name
        and min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) <= code.co_firstlineno
        and code.co_firstlineno <= node.lineno
    ]
    return candidates[0] if candidates else None


def dotted(node: ast.AST) -> str:
    """`self.rnn` as a text; "" for what is no chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


class _Reading:
    """One pass over the statements of a function, in the order in which they stand."""

    def __init__(self, path: str, match: Match, depth: int = 2) -> None:
        self.path = path
        self.match = match
        self.depth = depth
        self.names: set[str] = set()
        self.calls: set[ast.AST] = set()
        self.taken: set[ast.AST] = set()
        self.first: ast.stmt | None = None
        self.returned = False

    def after_call(self, body: list[ast.stmt], frame: Frame, part: Part | None) -> ast.expr | None:
        """From the statement on in which a call stands: that of the layer, or of a function that returned its values.

        `part` is None where it is not known what of them was returned.
        """
        begun = False
        for statement in _statements(body):
            if not begun:
                if not _covers(statement, frame.line) or _is_later(statement, frame.line):
                    continue
                begun = True
                self._begin(statement, frame, part)
            found = self._in(statement)
            if found is not None:
                return found
            if statement is not self.first:
                self._bind(statement)
        return None

    def _begin(self, statement: ast.stmt, frame: Frame, part: Part | None) -> None:
        self.first = statement
        calls = _calls_at(statement, frame)
        if part is not None:
            self.taken = {node for node in _nodes(statement) if _takes(node, calls, part)}
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            value, target = statement.value, statement.targets[0]
            if part is not None and value in calls:
                self.names |= _names(_of_part(target, part))
                return
            if part is not None and value in self.taken:
                self.names |= _names(_of_state(target, part))
                return
            self.names |= _names(target)
        elif isinstance(statement, ast.Return):
            self.returned = True
        self.calls |= set(calls)

    def _in(self, statement: ast.stmt) -> ast.expr | None:
        for node in _nodes(statement):
            if not isinstance(node, ast.expr) or node in self.taken:
                continue
            operand = self.match(node)
            if operand is not None and self._holds(operand):
                return node
            if isinstance(node, ast.Call) and node not in self.calls and self.depth:
                inner = self._into(node)
                if inner is not None:
                    return inner
        if isinstance(statement, ast.Return) and statement.value is not None and self._holds(statement.value):
            self.returned = True
        return None

    def _holds(self, node: ast.AST) -> bool:
        """Whether an expression has one of the values in it."""
        return any(
            part in self.calls or (isinstance(part, (ast.Name, ast.Attribute)) and dotted(part) in self.names)
            for part in ast.walk(node)
        )

    def _bind(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            pairs: list[tuple[ast.expr, ast.expr]] = []
            for target in statement.targets:
                if (
                    isinstance(target, ast.Tuple)
                    and isinstance(statement.value, ast.Tuple)
                    and len(target.elts) == len(statement.value.elts)
                ):
                    pairs += zip(target.elts, statement.value.elts)
                else:
                    pairs.append((target, statement.value))
            held = [(target, self._holds(value)) for target, value in pairs]
            for target, holds in held:
                self.names = self.names | _names(target) if holds else self.names - _names(target)
        elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)) and statement.value is not None:
            if self._holds(statement.value):
                self.names |= _names(statement.target)
        elif isinstance(statement, (ast.For, ast.AsyncFor)) and self._holds(statement.iter):
            self.names |= _names(statement.target)

    def _into(self, call: ast.Call) -> ast.expr | None:
        """Into a function or method of the same file that is given one of the values."""
        given = [i for i, value in enumerate(call.args) if self._holds(value)]
        keywords = [item.arg for item in call.keywords if item.arg and self._holds(item.value)]
        name = dotted(call.func).rpartition(".")[2]
        parsed = tree(self.path)
        if not (given or keywords) or not name or parsed is None:
            return None
        for node in ast.walk(parsed):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
                if names[:1] in (["self"], ["cls"]):
                    names = names[1:]
                inner = _Reading(self.path, self.match, self.depth - 1)
                inner.names = {names[i] for i in given if i < len(names)} | set(keywords)
                for statement in _statements(node.body):
                    found = inner._in(statement)
                    if found is not None:
                        return found
                    inner._bind(statement)
        return None


def _takes(value: ast.AST, calls: list[ast.Call], part: Part) -> bool:
    """Whether a value is `call[0]` for the output, or `call[1]` for the state."""
    if not isinstance(value, ast.Subscript) or value.value not in calls or not isinstance(value.slice, ast.Constant):
        return False
    return (value.slice.value == 0) == (part == "out")


def _covers(node: ast.AST, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)  # type: ignore[attr-defined,no-any-return]


def _is_later(statement: ast.stmt, line: int) -> bool:
    """Whether a line of a compound statement stands in one of the statements in it."""
    inner = [node for node in ast.iter_child_nodes(statement) if isinstance(node, (ast.stmt, ast.ExceptHandler))]
    return any(_covers(node, line) for node in inner)


def _calls_at(statement: ast.stmt, frame: Frame) -> list[ast.Call]:
    """The call that a frame is in; every call of its line where the interpreter does not keep columns."""
    calls = [node for node in _nodes(statement) if isinstance(node, ast.Call) and _covers(node, frame.line)]
    span = sites._span(frame.code, frame.instruction, frame.line)
    exact = [node for node in calls if (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == span]
    return exact or calls


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Simple statements and the heads of compound ones, in order."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        blocks = [
            block
            for name in ("body", "orelse", "finalbody")
            if isinstance(block := getattr(statement, name, None), list)
        ]
        handlers = getattr(statement, "handlers", [])
        yield statement
        for block in blocks:
            yield from _statements(block)
        for handler in handlers:
            yield from _statements(handler.body)


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement itself, without those of the statements in it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed([child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)])


def _of_part(target: ast.AST, part: Part) -> ast.AST:
    """The target that takes a part of (out, (h_n, c_n)) or (out, h_n)."""
    if not isinstance(target, (ast.Tuple, ast.List)) or len(target.elts) != 2:
        return target
    if part == "out":
        return target.elts[0]
    return _of_state(target.elts[1], part)


def _of_state(target: ast.AST, part: Part) -> ast.AST:
    """The target that takes h_n or c_n of a state."""
    if part != "out" and isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
        return target.elts[0 if part == "h_n" else 1]
    return target


def _names(target: ast.AST) -> set[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return {name for item in target.elts for name in _names(item)}
    if isinstance(target, ast.Starred):
        return _names(target.value)
    name = dotted(target)
    return {name} if name and name != "_" else set()


def find_before(running: Sequence[Frame], match: Match) -> Location | None:
    """The last place before a call where one of the operations made what it is given."""
    frame = running[0] if running else None
    if frame is not None:
        path, line = frame.code.co_filename, frame.line
        before = list(
            itertools.takewhile(lambda one: one.lineno <= line, _statements(_body_of(path, frame.code) or []))
        )
        wanted: set[str] = set()
        for statement in reversed(before):
            calls = _calls_at(statement, frame) if _covers(statement, frame.line) else []
            given = [value for call in calls for value in call.args[:1]]
            if not calls and isinstance(statement, ast.Assign) and _names_in(statement.targets) & wanted:
                given = [statement.value]
            for value in given:
                made = next((one for one in ast.walk(value) if isinstance(one, ast.expr) and match(one)), None)
                if made is not None:
                    return _location(path, made)
                wanted |= {dotted(node) for node in ast.walk(value) if isinstance(node, (ast.Name, ast.Attribute))}
    return None


def giver(running: Sequence[Frame]) -> Frame | None:
    """The function that decides about the state a layer starts from: past those that only hand on a parameter."""
    position, keyword = 1, "hx"
    for frame in running:
        function = _function_of(frame.code.co_filename, frame.code)
        given = _argument(frame, position, keyword)
        names = _parameters(function) if function is not None else []
        parts = given.elts if isinstance(given, ast.Tuple) else [given]
        wanted = [part.id if isinstance(part, ast.Name) else "" for part in parts]
        if function is None or not wanted or any(name not in names or _is_bound(function, name) for name in wanted):
            return frame
        position, keyword = names.index(wanted[0]), wanted[0]
    return running[-1] if running else None


def _argument(frame: Frame, position: int, keyword: str) -> ast.expr | None:
    """What the call that a frame is in gives for a parameter."""
    for statement in _statements(_body_of(frame.code.co_filename, frame.code) or []):
        if not _covers(statement, frame.line) or _is_later(statement, frame.line):
            continue
        if calls := _calls_at(statement, frame):
            named = [item.value for item in calls[0].keywords if item.arg == keyword]
            return named[0] if named else calls[0].args[position] if len(calls[0].args) > position else None
    return None


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _is_bound(function: ast.AST, name: str) -> bool:
    """Whether a function assigns its parameter anew before it can be handed on: `h = h.detach()`."""
    return any(
        isinstance(node, ast.Assign)
        and name in _names_in(node.targets)
        and not any(isinstance(part, ast.Call) and part.args for part in ast.walk(node.value))
        for node in ast.walk(function)
    )


def before(path: str, code: CodeType, line: int) -> Iterator[ast.stmt]:
    """The statements of a function that stand before a line of it, in order."""
    yield from itertools.takewhile(lambda one: one.lineno <= line, _statements(_body_of(path, code) or []))


def place(path: str, node: ast.expr | ast.stmt) -> Location:
    """The place of an expression or statement in a file."""
    return _location(path, node)


def _names_in(targets: Sequence[ast.AST]) -> set[str]:
    return {name for target in targets for name in _names(target)}


def unpacked(running: Sequence[Frame]) -> tuple[Location, tuple[str, str]] | None:
    """The pair of names that the second result of a call is unpacked into, as in `out, (h, c) = lstm(x)`."""
    frame = running[0] if running else None
    body = _body_of(frame.code.co_filename, frame.code) if frame is not None else None
    if frame is None or body is None:
        return None
    for statement in _statements(body):
        if isinstance(statement, ast.Assign) and _covers(statement, frame.line) and len(statement.targets) == 1:
            target = statement.targets[0]
            state = target.elts[1] if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2 else None
            if isinstance(state, (ast.Tuple, ast.List)) and len(state.elts) == 2:
                first, second = (dotted(item) for item in state.elts)
                return _location(frame.code.co_filename, state), (first, second)
    return None


# What to look for


def reading(at: int | None = None) -> Match:
    """`x[...]`, and methods that take a part; with `at` only a subscript whose index stands at that axis."""

    def match(node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Subscript):
            return node.value if at is None or _index_at(node.slice, at) else None
        if at is None:
            return _method(node, _PARTS)
        return None

    return match


_PARTS = frozenset({"select", "narrow", "index_select", "unbind", "split", "chunk", "gather", "take_along_dim"})


def _index_at(key: ast.expr, at: int) -> bool:
    keys = list(key.elts) if isinstance(key, ast.Tuple) else [key]
    if any(isinstance(item, ast.Constant) and item.value is Ellipsis for item in keys):
        return at > 0
    return at < len(keys) and _is_number(keys[at]) and all(isinstance(item, ast.Slice) for item in keys[:at])


def _is_number(key: ast.expr) -> bool:
    return not isinstance(key, ast.Slice) or isinstance(key.lower, ast.UnaryOp)


def reading_end(node: ast.expr) -> ast.expr | None:
    """`x[..., n:]`: a part of the last axis that does not begin at its first position."""
    key = node.slice.elts[-1] if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) else None
    return node.value if isinstance(key, ast.Slice) and key.lower is not None else None  # type: ignore[attr-defined]


def calling(names: frozenset[str]) -> Match:
    """A call of a function or method with one of these names."""
    return lambda node: _method(node, names)


def _method(node: ast.expr, names: frozenset[str]) -> ast.expr | None:
    if not isinstance(node, ast.Call):
        return None
    name = dotted(node.func).rpartition(".")[2] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
    if name not in names:
        return None
    if isinstance(node.func, ast.Attribute) and (not dotted(node.func) or not node.args or _is_method(node, name)):
        return node.func.value
    return node.args[0] if node.args else None


def _is_method(node: ast.Call, name: str) -> bool:
    """Whether `a.b(...)` is a method of a tensor rather than a function of a module like torch or F."""
    assert isinstance(node.func, ast.Attribute)
    return dotted(node.func.value) not in ("torch", "F", "nn", "nn.functional", "torch.nn.functional")


def losing(node: ast.expr) -> ast.expr | None:
    """A call of a loss, by its name."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = dotted(node.func).rpartition(".")[2].lower()
    if not name and isinstance(node.func, ast.Call):
        name = dotted(node.func.func).rpartition(".")[2].lower()
    return node.args[0] if any(word in name for word in _LOSS_WORDS) else None


_LOSS_WORDS = ("loss", "criterion", "cross_entropy", "objective", "nll", "mse", "crit")
