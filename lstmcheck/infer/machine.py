"""The machine: the state of an abstract run. Heap writes that can be undone, what the path knows, budgets, findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from lstmcheck.contract.needs import Need, Requirements
from lstmcheck.dims import (
    NOTHING_KNOWN,
    Atom,
    Dim,
    Facts,
    Poly,
    TooComplex,
    Verdict,
    atoms_of,
    bounds,
    compare,
    equals,
    greater,
    is_opaque,
    select,
    single_atom,
    substitute,
)
from lstmcheck.findings import Related, Violation
from lstmcheck.infer.joins import BY_CASE, is_dim, join, may_be_several, settle, truth_dim
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import (
    NOTHING,
    Choice,
    Contents,
    Frame,
    Items,
    Layer,
    Site,
    Tensor,
    Truth,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from lstmcheck.infer.observe import Observer
    from lstmcheck.infer.project import Project

Result = TypeVar("Result")

MAX_STEPS = 25_000
# a statement of a module, or a function by itself, that has come to no recurrent layer by then hardly will
IDLE_STEPS = 2_000
# one whose text shows nothing that builds a layer
STRAY_STEPS = 250
FILE_STEPS = 15_000
STEPS_A_LINE = 12
MAX_FILE_STEPS = 60_000
MAX_CALLS = 10
MAX_DEPTH = 24
MAX_FORKS = 12
FORK_STEPS = 30
_ELEMENTS_A_STEP = 5  # as a power of two
_PLAIN_OPERATIONS = ("op.", "layer.", "loss.", "attribute.")


class LoopRun:
    """One run of a loop: its node, the frame it runs in, which round it is in, and what was seen in its rounds."""

    __slots__ = ("depth", "file", "frame", "loader", "node", "round", "seen", "whole")

    def __init__(self, m: Machine, node: ast.For | ast.AsyncFor | ast.While, loader: Any = None) -> None:
        self.node = node
        self.frame = m.frame
        self.file = m.frame.file
        # how many calls were open when it began
        self.depth = len(m.calls)
        # the DataLoader that it is over
        self.loader = loader
        self.round = 0
        # whether all its elements are known, so that every round runs by itself
        self.whole = False
        self.seen: dict[Any, Any] = {}


class GiveUp(Exception):
    """A budget is spent: the engine stays silent about the rest of the function at hand."""


class Machine:
    """One abstract run over a project. `frame` is the current frame, `facts` what the current path knows."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.frame: Frame = None  # type: ignore[assignment]
        self.facts: Facts = NOTHING_KNOWN
        self.steps = MAX_STEPS
        self.granted = 0
        # steps that are added when a recurrent layer is met
        self.reserve = 0
        self.pool = 0
        # how often each function was run since the budget began
        self.runs: dict[ast.AST, int] = {}
        # names that each loop carries from one round into the next
        self.carried: dict[ast.AST, frozenset[str]] = {}
        self.depth = 0
        self.forks = 0
        self.muted = 0
        # how often something was found that torch raises for whenever the line is reached
        self.failures = 0
        self.node: ast.AST | None = None
        self.arg_nodes: dict[int | str, ast.expr] = {}
        self.calls: list[Site] = []
        self.active: list[ast.AST] = []
        # the loops that are running, from the outside in
        self.loops: list[LoopRun] = []
        # what was found, with the condition under which it fails (1: on every run that reaches the line)
        self.found: dict[tuple[Any, ...], tuple[Violation, Dim]] = {}
        # values that were told to be no tensor, by identity, with what the path had decided by then
        self.no_tensors: dict[int, tuple[Value, Mapping[Atom, int]]] = {}
        # what a guard is when every parameter keeps its default
        self.defaults: dict[Atom, int] = {}
        # functions that the program itself was seen to call
        self.entered: set[ast.AST] = set()
        # those of them that were run to their end
        self.completed: set[ast.AST] = set()
        self.concrete = False
        self.trust_defaults = True
        # recurrent calls by number: whether a backward pass has freed them, and which layer was called
        self.freed: dict[int, Dim] = {}
        self.graph_layers: dict[int, Layer] = {}
        self.no_grad = 0
        # writes of numbers to parts of gate biases, by the function that makes them
        self.gate_writes: dict[ast.AST, list[Any]] = {}
        # what the given files do with attributes (silent.index), None until it is asked for
        self.attributes: Any = None
        # dtype and device of the weights of the recurrent layer that is being called
        self.weights: tuple[str | None, str | None] = (None, None)
        # what torch.save wrote, by constant name or by buffer
        self.saved: dict[Any, Value] = {}
        # widths of recurrent layers and batches of their states: sizes that are 1 in hardly any program
        self.several: set[Atom] = set()
        # who is told of every value (`lstmcheck shapes`); nobody in a check
        self.observer: Observer | None = None
        # the names that the program gives to sizes, and where
        self.size_names: dict[Atom, tuple[str, Site]] = {}
        # which rows of which recurrent states are read, until the end of a pass
        self.tensors_read: dict[int, tuple[Tensor, Any]] = {}
        self._unequal: tuple[Mapping[Atom, int], ...] = ()
        self._trail: list[tuple[dict[Any, Any], Any, Any]] = []

    # State that can be undone

    def put(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        """Write to a dictionary of the heap so that a fork can undo and join it."""
        if self.forks:
            self._trail.append((mapping, key, mapping.get(key, NOTHING)))
        mapping[key] = value

    def delete(self, mapping: dict[Any, Any], key: Any) -> None:
        """Remove a key of the heap, undoably."""
        if key in mapping:
            self.put(mapping, key, NOTHING)

    def set_contents(
        self, items: Items, head: Sequence[Value], rest: Value = NOTHING, length: Dim | None = None
    ) -> None:
        """Replace what a list holds."""
        size = len(head) if length is None else length
        since = None if rest is NOTHING else items.contents.since
        self.put(items.state, "contents", Contents(tuple(head), rest, size, since=since))

    def refine(self, tensor: Tensor, shape: Shape) -> None:
        """Note what the program itself shows of a tensor's shape (`b, t, f = x.shape`)."""
        self.put(tensor.state, "shape", shape)

    def fork(
        self,
        condition: Dim,
        then: Callable[[], Result],
        otherwise: Callable[[], Result],
        discards: Callable[[Any], bool] = lambda _: False,
    ) -> tuple[Result | None, Result | None]:
        """Run both sides of a condition from the same state and join what they wrote.

        The result of a side that the path excludes is None. A side whose result `discards` leaves no trace.
        """
        condition = self.facts.simplify(condition)
        if isinstance(condition, int):
            return (then(), None) if condition else (None, otherwise())
        facts = self.facts
        yes, no = facts.with_simple(condition, True), facts.with_simple(condition, False)
        if yes is None or no is None:
            self.facts = no or yes or facts
            try:
                return (None, otherwise()) if yes is None else (then(), None)
            finally:
                self.facts = facts
        if self.forks >= MAX_FORKS:
            raise GiveUp("too many nested conditions")
        self.steps -= FORK_STEPS
        self.tick()
        frame, path = self.frame, self.frame.path
        mark = len(self._trail)
        # a condition that was not worked out may exclude either side: nothing below it is proved
        quiet = is_opaque(condition)
        self.muted += quiet
        self.forks += 1
        try:
            self.facts, frame.path = yes, (*path, condition)
            first = then()
            first_writes = self._take_back(mark)
            self.facts, frame.path = no, (*path, 1 - condition)
            second = otherwise()
            second_writes = self._take_back(mark)
        except BaseException:
            self._take_back(mark)
            raise
        finally:
            self.muted -= quiet
            self.forks -= 1
            self.facts, frame.path = facts, path
        self._join_writes(
            condition,
            {} if discards(first) else first_writes,
            {} if discards(second) else second_writes,
            discards(first),
            discards(second),
        )
        return first, second

    def attempt(self, run: Callable[[], Result]) -> Result:
        """Run something and undo all that it wrote."""
        mark = len(self._trail)
        self.forks += 1
        try:
            return run()
        finally:
            self._take_back(mark)
            self.forks -= 1

    def _take_back(self, mark: int) -> dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]]:
        writes: dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]] = {}
        undone = self._trail[mark:]
        del self._trail[mark:]
        for mapping, key, old in reversed(undone):
            place = id(mapping), key
            if place not in writes:
                writes[place] = mapping, key, mapping.get(key, NOTHING)
            if old is NOTHING:
                mapping.pop(key, None)
            else:
                mapping[key] = old
        return writes

    def _join_writes(
        self,
        condition: Poly,
        first: dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]],
        second: dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]],
        first_gone: bool,
        second_gone: bool,
    ) -> None:
        for place in {**first, **second}:
            mapping, key, _ = first.get(place) or second[place]
            old = mapping.get(key, NOTHING)
            then = first[place][2] if place in first else old
            otherwise = second[place][2] if place in second else old
            if first_gone:
                value = otherwise
            elif second_gone:
                value = then
            else:
                value = join_states(condition, then, otherwise)
            self.put(mapping, key, value)

    def watch(self) -> int:
        """Begin to remember writes, without undoing them; `unwatch` ends it."""
        self.forks += 1
        return len(self._trail)

    def written_since(self, mark: int) -> list[tuple[dict[Any, Any], Any, Any]]:
        """The writes since `watch`: dictionary, key, and the value before the write, oldest first."""
        return self._trail[mark:]

    def unwatch(self) -> None:
        """Stop remembering; what was written stays (and an enclosing fork can still undo it)."""
        self.forks -= 1
        if not self.forks:
            self._trail.clear()

    def set_apart(self) -> tuple[int, list[tuple[dict[Any, Any], Any, Any]]]:
        """Begin writes that no fork around undoes (a module that is imported inside one); `rejoin` ends it."""
        around = self.forks, self._trail
        self.forks, self._trail = 0, []
        return around

    def rejoin(self, around: tuple[int, list[tuple[dict[Any, Any], Any, Any]]]) -> None:
        """Go on with the writes of the forks around."""
        self.forks, self._trail = around

    # Conditions

    def assume(self, condition: Dim, truth: bool = True) -> bool:
        """Add a condition to what the path knows; False when that is impossible."""
        facts = self.facts.assume(condition, truth)
        if facts is None:
            return False
        self.facts = facts
        return True

    def at_least(self, size: Value, lower: int) -> None:
        """Note that torch itself enforced `size >= lower`."""
        atom = single_atom(size) if isinstance(size, Poly) else None
        if atom is None or atom.is_guard or atom.args:
            return
        if self.forks:
            self.facts = self.facts.at_least(atom, lower)
        elif atom.lower is None or atom.lower < lower:
            atom.lower = lower

    def each(self, value: Value, run: Callable[[Value], Value]) -> Value:
        """Apply a function to a value, or to each option of a choice under its condition, and join the results."""
        if type(value) in BY_CASE:
            value = settle(value, self.facts)
        if type(value) is not Choice:
            return run(value)
        (condition, first), *others = value.options
        rest: Value = others[0][1] if len(others) == 1 else Choice(tuple(others))
        before = self.found
        first_found: dict[tuple[Any, ...], tuple[Violation, Dim]] = {}
        rest_found: dict[tuple[Any, ...], tuple[Violation, Dim]] = {}

        def one(found: dict[tuple[Any, ...], tuple[Violation, Dim]], side: Callable[[], Value]) -> _Box:
            self.found = found
            return _Box(side())

        try:
            then, otherwise = self.fork(
                condition,
                lambda: one(first_found, lambda: run(first)),
                lambda: one(rest_found, lambda: self.each(rest, run)),
            )
        finally:
            self.found = before
        self._combine(condition, first_found, rest_found, then is None, otherwise is None)
        if then is None or otherwise is None:
            box = then or otherwise
            return box.value if box is not None else Unknown(reason="no such path")
        return join(self.facts.simplify(condition), then.value, otherwise.value)

    def _combine(
        self,
        condition: Dim,
        first: dict[tuple[Any, ...], tuple[Violation, Dim]],
        rest: dict[tuple[Any, ...], tuple[Violation, Dim]],
        no_first: bool,
        no_rest: bool,
    ) -> None:
        """Take over what the options of a value led to: what only some of them do holds under their condition."""
        condition = 1 if no_rest else 0 if no_first else condition
        for key in {**first, **rest}:
            violation, _ = first.get(key) or rest[key]
            a = first[key][1] if key in first else 0
            b = rest[key][1] if key in rest else 0
            self._record(key, violation, select(condition, a, b))

    def _record(self, key: tuple[Any, ...], violation: Violation, when: Dim) -> None:
        known = self.found.get(key)
        if known is None or (known[1] != 1 and when == 1):
            self.found[key] = (violation, when)

    # Reading values

    def int_of(self, value: Value) -> int | None:
        """A constant int, None for anything else."""
        value = settle(value, self.facts)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def dim(self, value: Value) -> Dim | None:
        """A value read as a size: an int, a bool, or an unknown (one symbol per value); None when it cannot be one."""
        value = settle(value, self.facts)
        if is_dim(value):
            size: Dim = value
            return size
        if isinstance(value, (bool, Truth)):
            return truth_dim(value)
        if isinstance(value, Unknown) and value.kind in (None, "int"):
            return value.as_dim()
        return self._one_of(value) if isinstance(value, Choice) else None

    def _one_of(self, choice: Choice) -> Dim | None:
        """One of several sizes, as one."""
        *firsts, (_, last) = choice.options
        total = self.dim(last)
        try:
            for condition, value in reversed(firsts):
                size = self.dim(value)
                if total is None or size is None:
                    return None
                total = select(self.facts.simplify(condition), size, total)
        except TooComplex:
            return None
        return total

    def tensor(self, value: Value) -> Tensor | None:
        """A value read as a tensor, None when it cannot be one."""
        value = settle(value, self.facts)
        if isinstance(value, Tensor):
            return value
        if isinstance(value, Unknown) and value.kind in (None, "tensor"):
            return value.as_tensor()
        return None

    def sizes(self, values: Sequence[Value]) -> tuple[Dim, ...] | None:
        """Sizes given one by one or as one tuple, list or torch.Size; None when one of them is not known."""
        if len(values) == 1 and isinstance(values[0], Items):
            if not values[0].whole:
                return None
            values = values[0].head
        if len(values) == 1 and may_be_several(values[0]):
            return None
        found = [self.dim(value) for value in values]
        if any(size is None for size in found):
            return None
        return tuple(size for size in found if size is not None)

    def fresh(self, name: str = "?", reason: str = "", kind: str | None = None, free: bool = False) -> Unknown:
        """A value that is not known; `free` when it may really be anything."""
        value = Unknown(name, reason, kind, free)
        if self.observer is not None and self.node is not None and self.frame is not None:
            value.facts["origin"] = self.here()
        return value

    def begin(self, at_once: int = IDLE_STEPS) -> None:
        """Start the budget of one function, out of what the file has left; it never takes all of it."""
        self.pool -= max(self.granted - self.reserve - max(self.steps, 0), 0)
        self.granted = max(min(MAX_STEPS, self.pool * 2 // 3), 0)
        self.grant(self.granted, at_once)
        self.runs = {}

    def grant(self, steps: int, at_once: int) -> None:
        """Give so many steps: some at once, the rest when a recurrent layer is met."""
        self.steps = min(steps, at_once)
        self.reserve = steps - self.steps

    def meet(self) -> None:
        """A recurrent layer, or what goes into one, is at hand."""
        self.steps += self.reserve
        self.reserve = 0

    def begin_file(self, lines: int) -> None:
        """Start the budget of a file's symbolic passes: it grows with the file, so that a run is linear in code."""
        self.pool = min(FILE_STEPS + STEPS_A_LINE * lines, MAX_FILE_STEPS)
        self.steps = self.granted = self.reserve = 0

    def tick(self) -> None:
        """Spend one step of the budget."""
        self.steps -= 1
        if self.steps < 0:
            raise GiveUp("too many steps")

    def spend(self, elements: int) -> None:
        """Spend steps for work on so many elements at once; few of them cost nothing."""
        self.steps -= elements >> _ELEMENTS_A_STEP
        if self.steps < 0:
            raise GiveUp("too many steps")

    # Judging needs

    def verdict(self, need: Need) -> Verdict:
        """EQ: met. NE: never met on this path. SOMETIMES: not met under some conditions. MAYBE: not known."""
        got, want = need.got, need.want
        if need.relation == "never":
            return Verdict.NE
        if got is None or want is None:
            return Verdict.MAYBE
        try:
            self._unequal = ()
            if need.relation == "equal":
                # most of all: plain sizes
                if type(got) is int and type(want) is int:
                    return Verdict.EQ if got == want else Verdict.NE
                return self._equal(got, want)
            if need.relation in ("at least", "at most", "below") and is_dim(got) and is_dim(want):
                return self._ordered(need.relation, got, want)
            if need.relation == "one of":
                # names of types and dtypes, and ranks: numbers that are known
                return Verdict.EQ if got in want else Verdict.NE
            if need.relation == "sorted":
                if all(isinstance(size, int) for size in got):
                    return Verdict.EQ if list(got) == sorted(got, reverse=True) else Verdict.NE
                return Verdict.MAYBE
            if isinstance(got, (int, float)) and isinstance(want, (int, float)):
                met = {"at least": got >= want, "at most": got <= want, "below": got < want}[need.relation]
                return Verdict.EQ if met else Verdict.NE
        except TooComplex:
            pass
        return Verdict.MAYBE

    def _equal(self, got: Any, want: Any) -> Verdict:
        if is_dim(got) and is_dim(want):
            comparison = compare(got, want, self.facts)
            if comparison.verdict is Verdict.SOMETIMES:
                self._unequal = comparison.when
            elif comparison.verdict is Verdict.MAYBE:
                options = self._options_that_differ(got, want)
                if options:
                    self._unequal = (options,)
                    return Verdict.SOMETIMES
            return comparison.verdict
        if isinstance(got, tuple) and isinstance(want, tuple):
            if len(got) != len(want):
                return Verdict.NE
            verdicts = [self._equal(a, b) for a, b in zip(got, want)]
            for outcome in (Verdict.NE, Verdict.SOMETIMES, Verdict.MAYBE):
                if outcome in verdicts:
                    return outcome
            return Verdict.EQ
        if isinstance(got, (Poly, Unknown)) or isinstance(want, (Poly, Unknown)):
            return Verdict.MAYBE
        return Verdict.EQ if got == want else Verdict.NE

    def _options_that_differ(self, got: Dim, want: Dim) -> Mapping[Atom, int] | None:
        """The options of a command line whose defaults make two sizes differ, as conditions that hold by default."""
        if not (self.concrete and self.trust_defaults):
            return None
        difference = self.facts.simplify(got - want)
        # in a fixed order: so the conditions are made, and so they are told
        atoms = sorted(atoms_of(difference), key=lambda atom: atom.uid)
        values = {atom: self.defaults[atom] for atom in atoms if atom in self.defaults}
        if all(atom.is_guard for atom in values):
            return None
        if compare(substitute(difference, values), 0, self.facts).verdict is not Verdict.NE:
            return None
        conditions: dict[Atom, int] = {}
        for atom, value in values.items():
            held = Poly({(atom,): 1}) if atom.is_guard else equals(Poly({(atom,): 1}), value)
            found = single_atom(held)
            if found is None:
                return None
            conditions[found] = value if atom.is_guard else 1
        return conditions

    def _ordered(self, relation: str, got: Dim, want: Dim) -> Verdict:
        more, less = (want, got) if relation == "at least" else (got if relation == "at most" else got + 1, want)
        if isinstance(more, int) and isinstance(less, int):
            return Verdict.NE if more > less else Verdict.EQ
        condition = self.facts.simplify(greater(more, less))
        if isinstance(condition, int):
            return Verdict.NE if condition else Verdict.EQ
        low, high = bounds(more - less, self.facts)
        if low is not None and low > 0:
            return Verdict.NE
        return Verdict.EQ if high is not None and high <= 0 else Verdict.MAYBE

    def drive(
        self,
        requirements: Requirements[Result],
        site: Site,
        layer: Layer | None = None,
        sources: Callable[[Need], Sequence[Related]] = lambda _: (),
    ) -> tuple[Result, list[tuple[Need, Verdict]]]:
        """Run a contract function to its end, judge every need, and report the first that is never met."""
        rows: list[tuple[Need, Verdict]] = []
        try:
            need = next(requirements)
            while True:
                rows.append((need, self.verdict(need)))
                need = requirements.send(None)
        except StopIteration as stop:
            result: Result = stop.value
        self.report_rows(rows, site, layer, sources)
        return result, rows

    def report_rows(
        self,
        rows: list[tuple[Need, Verdict]],
        site: Site,
        layer: Layer | None = None,
        sources: Callable[[Need], Sequence[Related]] = lambda _: (),
        made: Mapping[str, Site] = MappingProxyType({}),
    ) -> None:
        """Report the needs that are never met: those torch is silent about, and the first that it raises for.

        `made` says where the values of the call were made, by the names that needs have for them.
        """
        for need, verdict in rows:
            if verdict is Verdict.NE:
                self.report(need, site, rows, layer, sources(need), made=made)
                if (need.raises is not None and not need.warns) or need.detail.get("outcome") == "undefined":
                    return
            elif verdict is Verdict.SOMETIMES and need.raises is not None and not need.warns:
                self.verdict(need)
                when = assignments_condition(self._unequal)
                self.report(need, site, rows, layer, sources(need), when, made)

    def need(
        self,
        need: Need,
        site: Site | None = None,
        layer: Layer | None = None,
        sources: Iterable[Related] = (),
        made: Mapping[str, Site] = MappingProxyType({}),
    ) -> Verdict:
        """Judge one need at the current call and report it when it is never met."""
        verdict = self.verdict(need)
        if verdict is Verdict.NE:
            self.report(need, site or self.here(), [(need, verdict)], layer, sources, made=made)
        elif verdict is Verdict.SOMETIMES and need.raises is not None and not need.warns:
            when = assignments_condition(self._unequal)
            self.report(need, site or self.here(), [(need, verdict)], layer, sources, when, made)
        return verdict

    def report(
        self,
        need: Need,
        site: Site,
        rows: Sequence[tuple[Need, Verdict]],
        layer: Layer | None,
        sources: Iterable[Related] = (),
        when: Dim = 1,
        made: Mapping[str, Site] = MappingProxyType({}),
    ) -> None:
        """Record a violation once for each place and kind."""
        if self.muted:
            return
        if when != 1 and not (self._selected(when) and self._default_path()):
            return
        if layer is None and need.what.startswith(_PLAIN_OPERATIONS) and not site.file.names_layer:
            # other code is another tool's matter
            return
        self.failures += when == 1 and need.raises is not None and not need.warns
        location = site.file.location(site.node)
        key = (location.path, location.line, location.column, need.what, need.subject)
        known = self.found.get(key)
        if known is not None and (known[1] == 1 or when != 1):
            return
        words = {Verdict.EQ: "ok", Verdict.NE: "never"}
        caller = self.calls[-1] if self.calls else None
        related = list(sources)
        if caller is not None and caller.node is not site.node:
            related.append(caller.related("called here"))
            first = self.calls[0]
            if first.file not in (caller.file, site.file):
                related.append(first.related("from here"))
        violation = Violation(
            need,
            location,
            tuple((row, words.get(verdict, "unknown")) for row, verdict in rows),
            tuple(related),
            self.describe(layer),
            facts={
                "by default": self.trust_defaults and self._default_path(),
                "calls": tuple(call.file.location(call.node) for call in reversed(self.calls)),
                "made": {name: place.file.location(place.node) for name, place in made.items()},
            },
        )
        self.found[key] = (violation, when)

    def tells_first(self, value: Value) -> bool:
        """Whether nothing before this on the path has told that a value is no tensor. From now on something has."""
        told = self.no_tensors.get(id(value))
        fixed = self.facts.fixed
        if told is not None and all(fixed.get(atom) == held for atom, held in told[1].items()):
            return False
        if not self.muted:
            self.no_tensors[id(value)] = value, fixed
        return True

    def _selected(self, when: Dim) -> bool:
        """Whether the parameters' defaults select a condition."""
        return self.trust_defaults and substitute(when, self.defaults) == 1

    def _default_path(self) -> bool:
        """Whether the present path is the one that every parameter's default takes."""
        fixed = all(self._by_default(atom) == value for atom, value in self.facts.fixed.items())
        return fixed and all(substitute(held, self.defaults) == 1 for held in self.facts.holds)

    def _by_default(self, atom: Atom) -> int | None:
        """What a condition is when every parameter and option keeps its default; None where that is not known."""
        value = substitute(Poly({(atom,): 1}), self.defaults)
        return value if isinstance(value, int) else None

    def violations(self) -> list[Violation]:
        """Everything found: what holds always, and what holds for the defaults that the code itself chose."""
        result: list[Violation] = []
        for violation, when in self.found.values():
            if when == 1:
                result.append(violation)
            elif violation.facts.get("by default") and substitute(when, self.defaults) == 1:
                words = self.condition_words(when)
                rows = tuple((self._with_defaults(row), verdict) for row, verdict in violation.rows)
                result.append(
                    replace(
                        violation,
                        need=self._with_defaults(violation.need),
                        rows=rows,
                        condition=words,
                        facts={**violation.facts, "selected": True},
                    )
                )
        return result

    def _with_defaults(self, need: Need) -> Need:
        """A need with the numbers that the parameters' defaults give it."""

        def filled(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(filled(item) for item in value)
            return substitute(value, self.defaults) if isinstance(value, Poly) else value

        raises = need.raises
        if raises is not None:
            raises = replace(raises, fields={name: filled(value) for name, value in raises.fields.items()})
        return replace(need, got=filled(need.got), want=filled(need.want), raises=raises)

    def condition_words(self, when: Dim) -> str:
        """A condition as a reader says it: "bidirectional=True (the default)"."""
        atoms = sorted((atom for atom in atoms_of(when) if atom.is_guard), key=lambda atom: atom.uid)
        words = [_guard_words(atom, self._by_default(atom)) for atom in atoms]
        return f"{' and '.join(words)} (the default)"

    def describe(self, layer: Layer | None) -> dict[str, Any] | None:
        """A recurrent layer in the words of a message."""
        if layer is None or layer.site is None:
            return None
        site = layer.site
        return {
            "kind": layer.kind.rpartition(".")[2],
            "text": site.file.segment(site.node),
            "config": layer.config,
            "location": site.file.location(site.node),
        }

    def here(self) -> Site:
        """The node that is being evaluated."""
        assert self.node is not None
        return Site(self.frame.file, self.node)


def assignments_condition(assignments: tuple[Mapping[Atom, int], ...]) -> Dim:
    """The condition that one of several assignments of guards holds."""
    total: Dim = 0
    for assignment in assignments:
        term: Dim = 1
        for atom, value in assignment.items():
            factor = Poly({(atom,): 1})
            term = term * (factor if value else 1 - factor)
        total = total + term
    return total


def _guard_words(atom: Atom, value: int | None) -> str:
    if atom.kind != "guard":
        return atom.name if value else f"not {atom.name}"
    if " " in atom.name:
        return atom.name if value else f"not ({atom.name})"
    return f"{atom.name}={bool(value)}"


class _Box:
    """A result that may itself be None: a fork's None means "no such path"."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


def join_states(condition: Poly, then: Any, otherwise: Any) -> Any:
    """Join two versions of one heap entry."""
    if then is otherwise and type(then) is not Contents:
        return then
    if isinstance(then, Contents) and isinstance(otherwise, Contents):
        return join_contents(condition, then, otherwise)
    if isinstance(then, tuple) or isinstance(otherwise, tuple):
        return then if then is otherwise else None
    if isinstance(then, frozenset) or isinstance(otherwise, frozenset):
        return then & otherwise if isinstance(then, frozenset) and isinstance(otherwise, frozenset) else frozenset()
    if isinstance(then, Shape) and isinstance(otherwise, Shape):
        return then if then == otherwise else common_shape(then, otherwise)
    return join(condition, then, otherwise)


def common_shape(a: Shape, b: Shape) -> Shape:
    """What two versions of one tensor's shape have in common."""
    if not a.open and not b.open:
        return b
    one, other = (a, b) if a.open else (b, a)
    left = tuple(size for size, same in zip(one.left, _agreeing(one.left, other.left)) if same)
    known = other.right if other.open else other.left
    right = tuple(size for size, same in zip(one.right[::-1], _agreeing(one.right[::-1], known[::-1])) if same)[::-1]
    bounded = None
    if one.max_rank is not None and (not other.open or other.max_rank is not None):
        bounded = max(one.max_rank, len(other.left) if not other.open else other.max_rank or 0)
    return Shape(left, right, True, bounded)


def _agreeing(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> list[bool]:
    """Whether two rows of sizes agree up to each place."""
    agreed = True
    found = []
    for x, y in zip(a, b):
        agreed = agreed and x == y
        found.append(agreed)
    return found


def join_contents(condition: Poly, a: Contents, b: Contents) -> Contents:
    """A list after a branch that changed it on one or both sides."""
    if a.rest is NOTHING and b.rest is NOTHING and len(a.head) == len(b.head):
        return Contents(tuple(join(condition, x, y) for x, y in zip(a.head, b.head)), NOTHING, len(a.head))
    for one, other in ((a, b), (b, a)):
        if other.rest is NOTHING and not other.head and one.rest is not NOTHING:
            # a loop that fills a list, or no round of it: whoever asks for an element has had one
            length = b.length + condition * (a.length - b.length)
            return Contents(one.head, one.rest, length)
    common = min(len(a.head), len(b.head))
    head = tuple(join(condition, x, y) for x, y in zip(a.head[:common], b.head[:common]))
    extra = [*a.head[common:], *b.head[common:]]
    extra += [part.rest for part in (a, b) if part.rest is not NOTHING]
    rest = extra[0] if extra and all(other is extra[0] for other in extra) else Unknown("element")
    length = a.length if a.length == b.length else b.length + condition * (a.length - b.length)
    return Contents(head, rest, length)
