"""Watching a run: the values beside the lines that bind or return them, recurrent layers, and calls of them.

A check has no observer and pays one comparison with None for each hook. An observer takes snapshots: shapes are
immutable, while the tensors that have them are refined and taken back as paths are followed. What a function learns of
a value after the line (`b, t, f = x.shape`) counts too: every value is looked at again when its frame is left.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lstmcheck.dims import Atom, Dim, Poly, atoms_of, single_atom
from lstmcheck.infer.joins import is_dim, is_truth, settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Choice,
    Frame,
    Instance,
    Items,
    Layer,
    Packed,
    Site,
    Tensor,
    Unknown,
    Value,
)

MAX_PARTS = 6
MAX_SEEN = 24
MAX_STEPS_BACK = 6
MAX_FLOWS = 20_000

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Reason:
    """Why a value is not known: words, and the expression that was not followed with its place."""

    words: str
    expression: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class Fact:
    """A snapshot of one value. `kind` is tensor, array, packed, tuple, list, choice, int, none, other or unknown.

    `shape` is that of a tensor or array; of a packed sequence `(batch, seq_len, features)`, -1 where not known. `parts`
    are the elements of a tuple or list and the options of a choice; `open` says that there may be more elements. An int
    has its value as the one size of `shape`.
    """

    kind: str
    shape: Shape | None = None
    parts: tuple[Fact, ...] = ()
    open: bool = False
    reason: Reason | None = None

    @property
    def known(self) -> int:
        """How much is known: 0 nothing, 1 some sizes, 2 the rank and the last size, 3 every size by some name."""
        if self.kind in ("tensor", "array"):
            assert self.shape is not None
            if self.shape.rank is not None:
                return 3
            return 1 if self.shape.min_rank else 0
        if self.kind == "packed":
            assert self.shape is not None
            return 3 if self.shape.last != -1 else 1
        if self.kind in ("tuple", "list", "choice"):
            return min((part.known for part in self.parts), default=0)
        return 0 if self.kind == "unknown" else 3

    @property
    def has_tensors(self) -> bool:
        """Whether there is a shape to show."""
        return self.kind in ("tensor", "array", "packed") or any(part.has_tensors for part in self.parts)


@dataclass
class Seen:
    """One value at one place. `own`: the function ran for its own sake, on symbols, not for a call at `caller`."""

    fact: Fact
    own: bool
    caller: Place | None
    function: str


@dataclass
class SeenCall:
    """One run of a recurrent call. `state` is of kind none where none was given, or None itself was."""

    layer: Layer | None
    input: Fact
    state: Fact
    result: Fact
    seen: Seen
    trouble: Reason | None = None


@dataclass(frozen=True)
class Taken:
    """What a recurrent call took in one case: a value and what is known of it, for the input and for the state."""

    input: tuple[Value, Fact]
    state: tuple[Value, Fact]


@dataclass
class SeenLayer:
    """One run of a recurrent constructor; `whole` says that all its arguments are in view."""

    layer: Layer
    whole: bool
    bound_to: str = ""


@dataclass(frozen=True)
class Flow:
    """A recurrent result that something takes: what `layer` made as `part` ("output", "h_n", "c_n") goes into `taker`,
    the module that is called at `place`, as its "input", "h_0" or "c_0"; or it is returned there (`taker` is None).

    `argument` is the text of what is given; `exact` says that it is the result itself, not something made of it.
    """

    layer: Layer
    part: str
    exact: bool
    taker: Layer | None
    into: str
    place: Place
    argument: str
    own: bool
    # what a Linear is built for
    sizes: tuple[Dim | None, ...] = ()


@dataclass(frozen=True)
class Binding:
    """Where a value stands: the target's text, or "return"; a parameter's own name."""

    path: str
    line: int
    column: int
    text: str
    kind: str


@dataclass
class Observer:
    """Everything that a run showed."""

    values: dict[Binding, list[Seen]] = field(default_factory=dict)
    calls: dict[Place, list[SeenCall]] = field(default_factory=dict)
    layers: dict[Place, list[SeenLayer]] = field(default_factory=dict)
    # names that the program gives to sizes, and what an axis is that it gives none
    names: dict[Atom, str] = field(default_factory=dict)
    axes: dict[Atom, str] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    # where other modules of torch are called
    others: set[Place] = field(default_factory=set)
    # calls of values that are not known, and why they are not
    unknown: dict[Place, Reason] = field(default_factory=dict)
    _open: dict[Frame, list[tuple[Any, ...]]] = field(default_factory=dict)

    # What the machine tells

    def bound(self, m: Machine, target: ast.expr, value: Value) -> None:
        """A name or attribute was given a value."""
        if isinstance(target, ast.Name):
            atom = single_atom(value) if isinstance(value, Poly) else None
            if atom is not None and not atom.is_guard and ("." in atom.name or not atom.name.isidentifier()):
                self.names.setdefault(atom, target.id)
        if isinstance(value, Layer) and value.config is not None and value.site is not None:
            for seen in self.layers.get(place_of(value.site), ()):
                if seen.layer is value and not seen.bound_to:
                    seen.bound_to = ast.unparse(target)
        if isinstance(target, (ast.Name, ast.Attribute)):
            self._note(m, target, ast.unparse(target), "binds", value)

    def returned(self, m: Machine, node: ast.Return, value: Value) -> None:
        """A function returned a value."""
        self._note(m, node, "return", "returns", value)
        if node.value is not None and self._is_own(m):
            self._note_flows(m, Site(m.frame.file, node), None, "", value, node.value)

    def left(self, m: Machine, frame: Frame) -> None:
        """A frame ends: look again at what it bound, and at its parameters."""
        for seen, value in self._open.pop(frame, ()):
            if isinstance(seen, SeenCall):
                given, state, result = value
                seen.input = _better(seen.input, snapshot(m, given))
                seen.state = _better(seen.state, snapshot(m, state))
                seen.result = _better(seen.result, snapshot(m, result))
                self._name_axes(seen)
            else:
                seen.fact = _better(seen.fact, snapshot(m, value))

    def entered(self, m: Machine, frame: Frame) -> None:
        """A function begins to run with its parameters bound."""
        node = frame.function.node if frame.function is not None else None
        if node is None or isinstance(node, ast.Lambda):
            return
        for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            value = frame.names.get(parameter.arg, NOTHING)
            if value is not NOTHING and not isinstance(value, (Instance, Layer)):
                self._note(m, parameter, parameter.arg, "parameter", value)

    def built(self, m: Machine, layer: Layer, whole: bool) -> None:
        """A recurrent layer was constructed."""
        if layer.site is not None:
            known = self.layers.setdefault(place_of(layer.site), [])
            if len(known) < MAX_SEEN:
                known.append(SeenLayer(layer, whole))

    def taken(self, m: Machine, given: Value, state: Value) -> Taken:
        """What is known of one option of a call's input and of its state, in the case where it is the value."""
        return Taken((given, snapshot(m, given)), (state, snapshot(m, state)))

    def called(
        self, m: Machine, site: Site, layer: Layer, given: Value, state: Value, result: Value, taken: Sequence[Taken]
    ) -> None:
        """A recurrent layer was called; `taken` is what it took in each case."""
        call = self._note_call(m, site, layer, given, state, result, None)
        if call is not None:
            call.input = _better(call.input, _of_cases([case.input for case in taken]))
            call.state = _better(call.state, _of_cases([case.state for case in taken]))
        self._note_flows(m, site, layer, "input", given, _argument(site, 0, "input"))
        self._note_flows(m, site, layer, "h_0", state, _argument(site, 1, "hx"))

    def not_followed(self, m: Machine, site: Site, layer: Layer | None, words: str) -> None:
        """A call of a recurrent layer that the machine does not follow."""
        reason = Reason(words, _text(site), site.file.path, getattr(site.node, "lineno", 0))
        self._note_call(m, site, layer, NOTHING, None, NOTHING, reason)

    def other_called(self, m: Machine, site: Site, layer: Layer, given: Value) -> None:
        """Another module of torch was called."""
        self.others.add(place_of(site))
        self._note_flows(m, site, layer, "input", given, _argument(site, 0, "input"))

    def unknown_called(self, m: Machine, site: Site, callee: Unknown) -> None:
        """Something that is not known was called."""
        self.unknown.setdefault(place_of(site), reason_of(m, callee))

    # Keeping it

    def _note(self, m: Machine, node: ast.AST, text: str, kind: str, value: Value) -> None:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        seen = self._seen(m, snapshot(m, value))
        if not seen.fact.has_tensors and seen.fact.kind not in ("unknown", "choice", "tuple"):
            return
        known = self.values.setdefault(Binding(m.frame.file.path, line, column, text, kind), [])
        if sum(one.own == seen.own for one in known) < MAX_SEEN:
            known.append(seen)
            self._open.setdefault(m.frame, []).append((seen, value))

    def _note_call(
        self, m: Machine, site: Site, layer: Layer | None, given: Value, state: Value, result: Value, trouble: Any
    ) -> SeenCall | None:
        known = self.calls.setdefault(place_of(site), [])
        own = self._is_own(m)
        if sum(one.seen.own == own for one in known) >= MAX_SEEN:
            return None
        result_fact = snapshot(m, result)
        call = SeenCall(layer, snapshot(m, given), snapshot(m, state), result_fact, self._seen(m, result_fact), trouble)
        known.append(call)
        if trouble is None:
            self._open.setdefault(m.frame, []).append((call, (given, state, result)))
        return call

    def _note_flows(
        self, m: Machine, site: Site, taker: Layer | None, into: str, value: Value, node: ast.expr | None
    ) -> None:
        """What a value, or each part of a tuple, has of recurrent results goes on."""
        value = settle(value, m.facts)
        if isinstance(value, Items) and value.whole and value.kind == "tuple":
            parts: list[Any] = (
                list(node.elts) if isinstance(node, ast.Tuple) and len(node.elts) == len(value.head) else []
            )
            for at, part in enumerate(value.head):
                name = "c_0" if into == "h_0" and at == 1 else into
                self._note_flows(m, site, taker, name, part, parts[at] if parts else node)
            return
        role = value.role if isinstance(value, (Tensor, Packed)) else None
        if role is not None and len(self.flows) < MAX_FLOWS:
            text = "" if node is None else _unparsed(node)
            place = place_of(site)
            given = [taker.args.get(name) for name in ("in_features", "out_features")] if taker is not None else []
            sizes = tuple(m.dim(size) for size in given if size is not None)
            self.flows.append(Flow(role.layer, role.part, role.exact, taker, into, place, text, self._is_own(m), sizes))

    def _is_own(self, m: Machine) -> bool:
        return m.depth <= 1 and (m.frame.function is None or not m.concrete)

    def _seen(self, m: Machine, fact: Fact) -> Seen:
        frame, own = m.frame, self._is_own(m)
        caller = place_of(m.calls[-1]) if m.calls and not own else None
        name = frame.function.name if frame.function is not None else ""
        owner = frame.owner.name + "." if frame.owner is not None else ""
        return Seen(fact, own, caller, owner + name)

    def _name_axes(self, call: SeenCall) -> None:
        """A size that nobody named is called by what its axis means to the layer."""
        config: Any = call.layer.config if call.layer is not None else None
        if config is None:
            return
        order = config.batch_first if hasattr(config, "batch_first") else None
        for fact in (call.input, *call.result.parts[:1]):
            rank = fact.shape.rank if fact.kind == "tensor" and fact.shape is not None else None
            meanings: tuple[str, ...] = ()
            if rank == 2:
                meanings = ("B",) if order is None else ("T",)
            elif rank == 3 and isinstance(order, int):
                meanings = ("B", "T") if order else ("T", "B")
            for size, meaning in zip(fact.shape.left if fact.shape is not None else (), meanings):
                atom = single_atom(size) if isinstance(size, Poly) else None
                if atom is not None and ".size(" in atom.name:
                    self.axes.setdefault(atom, meaning)


def place_of(site: Site) -> Place:
    """Where a site stands, as a key."""
    return site.file.path, getattr(site.node, "lineno", 0), getattr(site.node, "col_offset", 0)


def snapshot(m: Machine, value: Value, depth: int = 0) -> Fact:
    """What is known of a value now."""
    value = settle(value, m.facts)
    if isinstance(value, Array):
        return _of_tensor(m, "array", value.data)
    if isinstance(value, Tensor):
        return _of_tensor(m, "tensor", value)
    if isinstance(value, Unknown):
        known = value.facts.get("tensor")
        if known is not None and (known.shape.min_rank or not known.vague or value.kind == "tensor"):
            fact = _of_tensor(m, "tensor", known)
            return fact if fact.known > 1 else Fact("tensor", fact.shape, reason=reason_of(m, value))
        parts = tuple(snapshot(m, value.items[i], depth + 1) for i in range(len(value.items)) if i in value.items)
        if len(parts) > 1 and depth < 3 and all(part.kind == "tensor" for part in parts):
            return Fact("tuple", None, parts)
        return Fact("unknown", reason=reason_of(m, value))
    if isinstance(value, Packed):
        sizes = (value.batch, value.seq_len, value.features)
        return Fact("packed", Shape(tuple(-1 if size is None else size for size in sizes)))
    if isinstance(value, Items) and depth < 3:
        shown = value.each
        parts = tuple(snapshot(m, part, depth + 1) for part in shown[:MAX_PARTS])
        return Fact("tuple" if value.kind == "tuple" else "list", None, parts, not value.whole)
    if isinstance(value, Choice) and depth < 3:
        return Fact("choice", None, tuple(snapshot(m, option, depth + 1) for _, option in value.options))
    if value is None:
        return Fact("none")
    if is_dim(value):
        return Fact("int", Shape((value,)))
    return Fact("unknown" if value is NOTHING else "other")


def _of_tensor(m: Machine, kind: str, tensor: Tensor) -> Fact:
    shape = Shape(
        tuple(m.facts.simplify(size) for size in tensor.shape.left),
        tuple(m.facts.simplify(size) for size in tensor.shape.right),
        tensor.shape.open,
        tensor.shape.max_rank,
    )
    return Fact(kind, shape, reason=reason_of(m, tensor) if shape.open else None)


def _of_cases(cases: Sequence[tuple[Value, Fact]]) -> Fact:
    """One of several values, each known as far as it is in all the cases where it is the value."""
    least: dict[int, Fact] = {}
    for value, fact in cases:
        before = least.get(id(value), fact)
        least[id(value)] = fact if fact.known < before.known else before
    facts = list(dict.fromkeys(least.values()))
    return facts[0] if len(facts) == 1 else Fact("choice", None, tuple(facts))


def _better(before: Fact, after: Fact) -> Fact:
    return after if after.known > before.known else before


def is_worked_out(size: Dim) -> bool:
    """Whether a size is a constant or made of names of the program, and of nothing that was not followed."""
    return isinstance(size, int) or not any(atom.opaque for atom in atoms_of(size))


# Why something is not known


def reason_of(m: Machine, value: Value, steps: int = 0) -> Reason:
    """Why a value's shape is not known, as far back as the frame's own names lead."""
    if isinstance(value, Unknown):
        origin = value.facts.get("origin")
        if value.reason or origin is None:
            words = value.reason or f"{value.name} is not known"
            if origin is None:
                return Reason(words, value.name)
            return Reason(words, _text(origin), origin.file.path, getattr(origin.node, "lineno", 0))
        return _source(m, origin, steps) or Reason(
            "this expression is not followed", _text(origin), origin.file.path, getattr(origin.node, "lineno", 0)
        )
    if isinstance(value, Tensor):
        if value.made is not None:
            deeper = _source(m, value.made, steps)
            if deeper is not None:
                return deeper
            place = value.made
            return Reason("its rank is not known", _text(place), place.file.path, getattr(place.node, "lineno", 0))
        return Reason("its rank is not known", value.name)
    return Reason("")


def _source(m: Machine, site: Site, steps: int) -> Reason | None:
    """The first name inside an expression that is not known itself."""
    if steps >= MAX_STEPS_BACK or site.file is not m.frame.file:
        return None
    for node in ast.walk(site.node):
        held: Value = NOTHING
        if isinstance(node, ast.Name):
            held = m.frame.names.get(node.id, NOTHING)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = m.frame.names.get(node.value.id, NOTHING)
            held = owner.fields.get(node.attr, NOTHING) if isinstance(owner, Instance) else NOTHING
        if held is NOTHING or is_dim(held) or is_truth(held):
            continue
        held = settle(held, m.facts)
        if isinstance(held, Unknown) and held.facts.get("origin") is not site:
            return reason_of(m, held, steps + 1)
        if isinstance(held, Tensor) and held.shape.open and held.made is not site:
            return reason_of(m, held, steps + 1)
    return None


def _text(site: Site) -> str:
    return _unparsed(site.node)


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (AttributeError, RecursionError):
        return ""


def _argument(site: Site, at: int, name: str) -> ast.expr | None:
    """The expression that a call gives as an argument, by place or by name."""
    node = site.node
    if not isinstance(node, ast.Call):
        return None
    if len(node.args) > at:
        return node.args[at]
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
