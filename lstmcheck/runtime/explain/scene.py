"""The place of an exception: the user's frame, torch's frames below it, and the values of the failing expression."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.findings import Location
from lstmcheck.runtime import origins, sites
from lstmcheck.runtime.graph_lines import tree
from lstmcheck.runtime.origins import Origin


class Told(NamedTuple):
    """An explanation: what is violated, and of which recurrent layer's result."""

    need: Need
    layer: dict[str, Any] | None


@dataclass
class Scene:
    """An exception where it left the user's code.

    `frame` is the user's innermost frame, `place` the span that was running there, `inner` the frames of torch and of
    libraries below it, `outer` the user's frames above it.
    """

    error: BaseException
    frame: FrameType
    place: Location
    inner: list[FrameType]
    outer: list[FrameType]
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = str(self.error)

    @property
    def raises(self) -> Raises:
        """What torch said."""
        first = self.text.strip().partition("\n")[0].replace("{", "{{").replace("}", "}}")
        return Raises(type(self.error).__name__, first, exact=self.text.strip() == first)

    def inside(self, name: str, file: str) -> FrameType | None:
        """The outermost frame of a function of torch's."""
        for frame in self.inner:
            if frame.f_code.co_name == name and frame.f_code.co_filename.endswith(file):
                return frame
        return None

    @cached_property
    def module(self) -> nn.Module | None:
        """The module of torch's that was running, the innermost."""
        for frame in reversed(self.inner):
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module) and type(owner).__module__.startswith("torch.nn"):
                return owner
        return None

    def argument(self, *names: str) -> Any:
        """An argument of the innermost of torch's frames that has one of these."""
        for frame in reversed(self.inner):
            for name in names:
                if name in frame.f_locals:
                    return frame.f_locals[name]
        return None

    @cached_property
    def expression(self) -> ast.AST | None:
        """The syntax of what was running: the smallest node that covers the span."""
        where = self.place
        module = tree(self.frame.f_code.co_filename)
        best: ast.AST | None = None
        for node in ast.walk(module) if module is not None else ():
            if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno is None:
                continue
            if node.lineno <= where.line and where.end_line <= node.end_lineno:
                covers = (node.lineno, node.col_offset + 1) <= (where.line, where.column) and (
                    where.end_line,
                    where.end_column,
                ) <= (node.end_lineno, (node.end_col_offset or 0) + 1)
                if covers:
                    best = node
        return best

    @cached_property
    def values(self) -> list[Any]:
        """The values of the names and attributes in the expression, those that can be read without running code."""
        node = self.expression
        if node is None:
            return []
        found = [self.read(one) for one in ast.walk(node) if isinstance(one, (ast.Name, ast.Attribute))]
        return [value for value in found if value is not None]

    def read(self, node: ast.AST) -> Any:
        """The value of a name or an attribute, None where reading it could run code."""
        if isinstance(node, ast.Name):
            return self.frame.f_locals.get(node.id, self.frame.f_globals.get(node.id))
        if isinstance(node, ast.Attribute):
            held = getattr(self.read(node.value), "__dict__", None)
            if not isinstance(held, dict):
                return None
            for kept in (held, held.get("_modules"), held.get("_parameters"), held.get("_buffers")):
                if isinstance(kept, dict) and node.attr in kept:
                    return kept[node.attr]
        return None

    @cached_property
    def origin(self) -> Origin | None:
        """Where the values concerned come from: of torch's arguments first, then of the expression."""
        for frame in reversed(self.inner):
            for name in ("input", "x", "query", "src", "tensor", "self"):
                found = origins.find(frame.f_locals.get(name))
                if found is not None:
                    return found
        for value in self.values:
            if isinstance(value, (Tensor, PackedSequence, tuple, list)):
                found = origins.find(value)
                if found is not None:
                    return found
        return None

    @cached_property
    def layer(self) -> dict[str, Any] | None:
        """The recurrent layer concerned: that of the values, else the one that this code or its caller called last."""
        if self.origin is not None:
            return self.origin.layer
        for frame in (self.frame, *reversed(self.outer)):
            found = origins.caller(frame.f_code)
            if found is not None:
                return found
        return None

    @property
    def facts(self) -> dict[str, Any]:
        """Which part of a result is concerned, for the wording."""
        return {"part": self.origin.part, "exact": self.origin.exact} if self.origin is not None else {"part": "other"}

    @property
    def operation(self) -> str:
        """The name of what was called."""
        node = self.expression
        if isinstance(node, ast.Call):
            callee = node.func
            return (
                callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""
            )
        names = {ast.MatMult: "@", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            return names.get(type(node.op), "this operation")
        return "index" if isinstance(node, ast.Subscript) else "this operation"


def scene_of(error: BaseException) -> Scene | None:
    """The scene of an exception; None where none of the user's frames is in its traceback."""
    steps: list[TracebackType] = []
    at = error.__traceback__
    while at is not None:
        steps.append(at)
        at = at.tb_next
    mine = [index for index, one in enumerate(steps) if sites.origin(one.tb_frame.f_code.co_filename) == "user"]
    if not mine:
        return None
    here = steps[mine[-1]]
    place = sites.location_of(here.tb_frame.f_code, here.tb_lasti, here.tb_lineno)
    inner = [one.tb_frame for one in steps[mine[-1] + 1 :]]
    outer = [steps[index].tb_frame for index in mine[:-1]]
    return Scene(error, here.tb_frame, place, inner, outer)
