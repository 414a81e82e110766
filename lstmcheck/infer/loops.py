"""Loops and comprehensions: what is iterated, rounds with real values, then what every further round has in common.

A short loop over known elements is unrolled. Otherwise the body runs once with the first element, and once more for
any later round: a number or a list that grew is supposed to grow by the same amount in every round, and anything else
to keep what the first round gave it. Where the second run shows otherwise, the body runs again with that made unknown.
An induction variable's value after the loop is exact in the number of rounds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from lstmcheck.dims import Dim, Poly, equals, floordiv, guard, is_opaque, mark, maximum, symbol
from lstmcheck.infer.carried import carried_names
from lstmcheck.infer.checkpoints import Weights, entries_of
from lstmcheck.infer.data import Loader, Part, batches, data_length, row_of
from lstmcheck.infer.expressions import evaluate, truthiness
from lstmcheck.infer.joins import is_dim, same, settle, widen
from lstmcheck.infer.machine import LoopRun, Machine
from lstmcheck.infer.records import as_tuple
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.statements import ENDED, ON, Flow, assign, run_block
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Contents,
    Frame,
    Items,
    Layer,
    Mapping,
    Range,
    ShapeOf,
    Tensor,
    Unknown,
    Value,
)

UNROLL = 12


def elements_of(m: Machine, value: Value) -> Contents | None:
    """What iterating over a value yields; None when nothing is known, not even the elements' kind."""
    value = as_tuple(settle(value, m.facts))
    if isinstance(value, Items):
        m.spend(len(value.head))
        return value.contents
    if isinstance(value, Range):
        return _range_elements(value)
    if isinstance(value, Mapping):
        m.spend(len(value.entries))
        keys = [key for key, entry in value.entries.items() if entry is not NOTHING]
        if value.open:
            return Contents(tuple(keys), m.fresh("key"), symbol("len", len(keys)))
        return Contents(tuple(keys), NOTHING, len(keys))
    if isinstance(value, Layer) and value.children is not None:
        return elements_of(m, value.children)
    if isinstance(value, str) and len(value) <= UNROLL:
        return Contents(tuple(value), NOTHING, len(value))
    if isinstance(value, (Tensor, Array, ShapeOf)):
        return _tensor_elements(m, value)
    if isinstance(value, Unknown) and (value.kind == "tensor" or _is_shown(value)):
        return _tensor_elements(m, value.as_tensor())
    if isinstance(value, Loader):
        return batches(m, value)
    if isinstance(value, Weights):
        names = tuple(name for name, _ in entries_of(m, value))
        return Contents(names, m.fresh("key", kind="str", free=True), symbol("keys", len(names)))
    if isinstance(value, Part):
        length = data_length(m, value)
        return Contents((), row_of(m, value), symbol("rows", 0) if length is None else length)
    return None


def _is_shown(value: Unknown) -> bool:
    """Whether the program has shown how many axes a value has: it is used as a tensor."""
    tensor = value.facts.get("tensor")
    return isinstance(tensor, Tensor) and not tensor.shape.open


def _range_elements(value: Range) -> Contents | None:
    start, stop, step = value.start, value.stop, value.step
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int) and step:
        numbers = range(start, stop, step)
        # len() is bounded by what the interpreter can index
        count = max(0, -((start - stop) // step))
        if count <= UNROLL:
            return Contents(tuple(numbers), NOTHING, count)
        low, high = min(numbers[1], numbers[-1]), max(numbers[1], numbers[-1])
        return Contents((start,), symbol("i", low, high), count)
    length = maximum(0, stop - start) if step == 1 else None
    if length is None:
        if (isinstance(step, int) and step > 0) or (isinstance(step, Poly) and start == 0):
            # from 0 to a size only a positive step goes anywhere
            length = maximum(0, floordiv(stop - start + step - 1, step))
        elif step == -1:
            length = maximum(0, start - stop)
        else:
            length = symbol("rounds", 0)
    lower = start + 1 if isinstance(start, int) and step == 1 else None
    return Contents((start,), symbol("i", lower), length)


def _tensor_elements(m: Machine, value: Tensor | Array | ShapeOf) -> Contents | None:
    from lstmcheck.infer.subscripts import get_item

    if isinstance(value, ShapeOf):
        return Contents((), symbol("size", 0), symbol("rank", 0))
    shape = value.shape
    if shape.open and not shape.left:
        return Contents((), get_item(m, value, symbol("i", 0)), value.size(0))
    if not shape.min_rank:
        return None
    size = value.size(0)
    if isinstance(size, int) and size <= UNROLL:
        return Contents(tuple(get_item(m, value, i) for i in range(size)), NOTHING, size)
    return Contents((get_item(m, value, 0),), get_item(m, value, symbol("i", 1)), size)


def run_for(m: Machine, node: ast.For | ast.AsyncFor) -> Flow:
    """A `for` statement."""
    since = mark()
    iterated = evaluate(m, node.iter)
    # what is said of the elements is said of what is iterated over, not of the last call
    m.node = node.iter
    contents = elements_of(m, iterated)
    if contents is None:
        contents = Contents((), m.fresh("element", "iterated"), symbol("rounds", 0))
    if isinstance(iterated, Items) and "among" in iterated.state:
        contents = Contents(tuple(iterated.state["among"]), contents.rest, contents.length)

    def body(element: Value) -> Flow:
        assign(m, node.target, element)
        return run_block(m, node.body)

    run = LoopRun(m, node, iterated if isinstance(iterated, Loader) else _wrapped_loader(m, node.iter))
    run.whole = contents.rest is NOTHING
    return run_rounds(m, contents, _counted(m, run, body), node.orelse, partial(_is_carried, m, m.frame, node), since)


def _wrapped_loader(m: Machine, iterated: ast.expr) -> Loader | None:
    """The loader in `enumerate(loader)` or `tqdm(loader)`."""
    while isinstance(iterated, ast.Call) and iterated.args:
        iterated = iterated.args[0]
    value = evaluate(m, iterated) if isinstance(iterated, (ast.Name, ast.Attribute)) else None
    return value if isinstance(value, Loader) else None


def _counted(m: Machine, run: LoopRun, body: Callable[[Value], Flow]) -> Callable[[Value], Flow]:
    """A loop's body that knows which round it is in."""

    def counted(element: Value) -> Flow:
        run.round += 1
        m.loops.append(run)
        try:
            return body(element)
        finally:
            m.loops.pop()

    return counted


def run_while(m: Machine, node: ast.While) -> Flow:
    """A `while` statement: its condition decides whether the first round runs."""
    since = mark()
    condition = truthiness(m, evaluate(m, node.test))
    if isinstance(condition, int) and not condition:
        return run_block(m, node.orelse)

    def body(element: Value) -> Flow:
        evaluate(m, node.test)
        return run_block(m, node.body)

    # how many rounds there are, the program itself decides
    rounds = symbol("rounds", 1 if isinstance(condition, int) else 0, opaque=True)
    counted = _counted(m, LoopRun(m, node), body)
    flow = run_rounds(
        m, Contents((), None, rounds), counted, node.orelse, partial(_is_carried, m, m.frame, node), since
    )
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    if endless and not any(isinstance(inner, ast.Break) for inner in ast.walk(node)):
        return ENDED
    return flow


def _is_carried(m: Machine, frame: Frame, node: ast.For | ast.AsyncFor | ast.While, mapping: Any, key: Any) -> bool:
    """Whether a later round may read what a round wrote: a name that every round assigns anew is not."""
    if mapping is not frame.names:
        return True
    names = m.carried.get(node)
    if names is None:
        outline = frame.file.outline
        scopes = outline.statements if frame.function is None else outline.of[frame.function.node].inner
        names = m.carried[node] = carried_names(node).union(*(scope.read_inside for scope in scopes))
    return key in names


def run_rounds(
    m: Machine,
    contents: Contents,
    body: Callable[[Value], Flow],
    orelse: list[ast.stmt],
    is_carried: Callable[[Any, Any], bool],
    since: int,
) -> Flow:
    """Run a loop's body over known elements, and then for every further one. `since` is the mark of its beginning."""
    if contents.rest is NOTHING and len(contents.head) <= UNROLL:
        return _known_rounds(m, list(contents.head), body, orelse)
    length = contents.length
    head = list(contents.head[:2])
    while len(head) < 2:
        head.append(contents.rest if contents.rest is not NOTHING else contents.head[-1])
    empty = m.facts.simplify(equals(length, 0))
    if isinstance(empty, int) and empty:
        return run_block(m, orelse)

    def rounds() -> Flow:
        _open_rounds(m, contents, head, length, body, is_carried, since)
        return ON

    m.fork(1 - empty, rounds, lambda: ON)
    return run_block(m, orelse)


def _known_rounds(m: Machine, elements: list[Value], body: Callable[[Value], Flow], orelse: list[ast.stmt]) -> Flow:
    """Rounds over known elements. What a round may leave by break or return is not run in the rounds after it."""
    failures = m.failures
    for i, element in enumerate(elements):
        returns = len(m.frame.returns)
        flow = body(element)
        if flow.falls == 0 and flow.lost:
            return flow
        if m.failures > failures:
            # no further round is run
            break
        leaves = m.facts.simplify(flow.leaves)
        if isinstance(leaves, int):
            if leaves:
                return ENDED if len(m.frame.returns) > returns else ON
            continue
        later = partial(_known_rounds, m, elements[i + 1 :], body, orelse)
        _, after = m.fork(leaves, lambda: ON, later)
        if len(m.frame.returns) == returns:
            return ON
        # some rounds return: what follows the loop runs only where none did
        goes_on = after is not None and after.falls == 1
        return Flow(1 - leaves if goes_on else guard("loop ends"), quiet=is_opaque(leaves))
    return run_block(m, orelse)


def _open_rounds(
    m: Machine,
    contents: Contents,
    head: list[Value],
    length: Dim,
    body: Callable[[Value], Flow],
    is_carried: Callable[[Any, Any], bool],
    since: int,
) -> None:
    """The first round, then one that stands for every later one."""
    entry = _Watch(m, since)
    failures = m.failures
    try:
        flow = body(head[0])
        if (isinstance(length, int) and length == 1) or flow.lost or flow.leaves == 1:
            return
        generic = _any_later(m, contents) if contents.head[1:] and contents.rest is NOTHING else contents.rest
        changes = {} if m.failures > failures else _later_rounds(m, entry, body, head[1], generic, is_carried)
        if m.failures > failures:
            # no further round is run, and nothing is known of what this one left
            changed = entry.changes(entry.values())
            entry.write({place: _blurred(*change, entry.name(place)) for place, change in changed.items()})
            return
        entry.write({place: change.after(length) for place, change in changes.items()})
        if contents.last is not None:
            body(contents.last)
    finally:
        m.unwatch()


def _any_later(m: Machine, contents: Contents) -> Value:
    """What every element but the first is, of many that are all known."""
    m.spend(len(contents.head))
    return common(list(contents.head[1:]), "element")


def _later_rounds(
    m: Machine,
    entry: _Watch,
    body: Callable[[Value], Flow],
    next_one: Value,
    generic: Value,
    is_carried: Callable[[Any, Any], bool],
) -> dict[Any, _Change]:
    """Run the body for a later round, and once more where that shows that the first told too little."""
    failures = m.failures
    first = entry.values()
    supposed: dict[Any, _Change] = {
        place: _supposed(before, after, entry.name(place))
        for place, (before, after) in entry.changes(first).items()
        if is_carried(*entry.where[place])
    }
    if any(isinstance(change, _Lengthens) and not isinstance(change.element, Unknown) for change in supposed.values()):
        # the first element may be another than all later ones: `nn.GRU(features if i == 0 else hidden, hidden)`
        body(next_one)
        changes = {
            place: _further(before, first.get(place, NOTHING), after, entry.name(place))
            for place, (before, after) in entry.changes(entry.values()).items()
        }
        if m.failures == failures:
            _once_more(entry, body, generic, changes)
        return changes
    entry.write({place: change.during(symbol("round", 1)) for place, change in supposed.items()})
    during = entry.values()
    body(generic)
    second = entry.values()
    changes = {}
    surprised = False
    for place, change in supposed.items():
        verified = _verified(change, first[place], during[place], second[place])
        surprised = surprised or verified is None
        before = entry.at_entry[place]
        changes[place] = verified or _further(before, first[place], second[place], entry.name(place))
    for place, (before, after) in entry.changes(second).items():
        if place not in changes:
            changes[place] = _Blurred(_blurred(first.get(place, before), after, entry.name(place)))
    if surprised and m.failures == failures:
        _once_more(entry, body, generic, changes)
    return changes


def _verified(change: _Change, first: Any, during: Any, second: Any) -> _Change | None:
    if second is during:
        # only the first round writes it
        return _Settled(first)
    return change.seen(second) if change.explains(second, during) else None


def _once_more(entry: _Watch, body: Callable[[Value], Flow], generic: Value, changes: dict[Any, _Change]) -> None:
    """One more round with what the rounds change made unknown; what that changes again is told by nothing."""
    round_number = symbol("round", 2)
    entry.write({place: change.during(round_number) for place, change in changes.items()})
    during = entry.values()
    body(generic)
    after = entry.values()
    for place, change in changes.items():
        if change.explains(after[place], during[place]):
            changes[place] = change.seen(after[place])
        else:
            changes[place] = _Blurred(_blurred(during[place], after[place], entry.name(place)))
    for place, (before, value) in entry.changes(after).items():
        if place not in changes:
            changes[place] = _Blurred(_blurred(before, value, entry.name(place)))


def _blurred(before: Any, after: Any, name: str) -> Any:
    if isinstance(after, Contents):
        return Contents((), Unknown(name), symbol(f"len({name})", 0))
    if isinstance(after, Shape):
        return after if after.open or not isinstance(before, Shape) else before
    if isinstance(after, frozenset):
        return after & before if isinstance(before, frozenset) else frozenset()
    if isinstance(after, tuple) or isinstance(before, tuple):
        return after if after is before else None
    return widen(before, after, name)


class _Watch:
    """The heap entries that a loop's body writes, with their values on entry."""

    def __init__(self, m: Machine, since: int) -> None:
        self.m = m
        self.mark = m.watch()
        self.since = since
        self.at_entry: dict[Any, Any] = {}
        self.where: dict[Any, tuple[dict[Any, Any], Any]] = {}

    def values(self) -> dict[Any, Any]:
        """The present value of every entry written since the loop began."""
        for mapping, key, old in self.m.written_since(self.mark):
            place = (id(mapping), key)
            if place not in self.where:
                self.where[place] = (mapping, key)
                self.at_entry[place] = old
        return {place: mapping.get(key, NOTHING) for place, (mapping, key) in self.where.items()}

    def changes(self, now: dict[Any, Any]) -> dict[Any, tuple[Any, Any]]:
        return {
            place: (self.at_entry[place], value)
            for place, value in now.items()
            if not _same_state(self.at_entry[place], value)
        }

    def name(self, place: Any) -> str:
        key = self.where[place][1]
        return key if isinstance(key, str) else "element"

    def write(self, values: dict[Any, Any]) -> None:
        for place, value in values.items():
            mapping, key = self.where[place]
            if isinstance(value, Contents) and value.rest is not NOTHING:
                value = _begun(value, self.since)
            self.m.put(mapping, key, value)


def _begun(contents: Contents, since: int) -> Contents:
    """What a sequence holds, of which the rest was put there in a loop."""
    if contents.since is not None:
        since = min(since, contents.since)
    return Contents(contents.head, contents.rest, contents.length, contents.last, since)


def _same_state(a: Any, b: Any) -> bool:
    if isinstance(a, Contents) and isinstance(b, Contents):
        return (
            len(a.head) == len(b.head)
            and a.length == b.length
            and all(same(x, y) for x, y in zip(a.head, b.head))
            and (a.rest is b.rest or same(a.rest, b.rest))
        )
    if isinstance(a, Shape) and isinstance(b, Shape):
        return a == b
    return same(a, b)


class _Change:
    """What a heap entry is in a later round, and after the loop."""

    def during(self, round_number: Dim) -> Any:
        raise NotImplementedError

    def after(self, length: Dim) -> Any:
        raise NotImplementedError

    def explains(self, after_round: Any, before_round: Any) -> bool:
        """Whether one more round from `during` gives what the change foretells."""
        raise NotImplementedError

    def seen(self, after_round: Any) -> _Change:
        """This change with what a further round tells of it."""
        return self


class _Settled(_Change):
    """The first round already gave it its lasting value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def during(self, round_number: Dim) -> Any:
        return self.value

    def after(self, length: Dim) -> Any:
        return self.value

    def explains(self, after_round: Any, before_round: Any) -> bool:
        return _same_state(after_round, self.value)


class _Blurred(_Settled):
    """It changes in a way that is not followed."""


class _Grows(_Change):
    """A number that grows by the same step in every round."""

    def __init__(self, start: Dim, step: Dim) -> None:
        self.start = start
        self.step = step

    def during(self, round_number: Dim) -> Any:
        return self.start + self.step * round_number

    def after(self, length: Dim) -> Any:
        return self.start + self.step * length

    def explains(self, after_round: Any, before_round: Any) -> bool:
        return is_dim(after_round) and is_dim(before_round) and after_round - before_round == self.step


class _Lengthens(_Change):
    """A list to which every round appends the same number of like elements; `entry` is it after `rounds` rounds."""

    def __init__(self, entry: Contents, element: Value, step: int, rounds: int = 0) -> None:
        self.entry = entry
        self.element = element
        self.step = step
        self.rounds = rounds

    def during(self, round_number: Dim) -> Any:
        return Contents(self.entry.head, self.element, self.entry.length + (round_number - self.rounds) * self.step)

    def after(self, length: Dim) -> Any:
        return Contents(self.entry.head, self.element, self.entry.length + (length - self.rounds) * self.step)

    def explains(self, after_round: Any, before_round: Any) -> bool:
        return (
            isinstance(after_round, Contents)
            and isinstance(before_round, Contents)
            and after_round.length - before_round.length == self.step
            and isinstance(after_round.rest, Unknown) == isinstance(self.element, Unknown)
        )

    def seen(self, after_round: Any) -> _Change:
        return _Lengthens(self.entry, after_round.rest, self.step, self.rounds)


def _supposed(before: Any, first: Any, name: str) -> _Change:
    """What the first round's change means for later ones, as far as it tells."""
    if isinstance(before, Contents) and isinstance(first, Contents) and before.rest is NOTHING is first.rest:
        step = len(first.head) - len(before.head)
        if step > 0:
            return _Lengthens(before, common(list(first.head[len(before.head) :]), name), step)
    if is_dim(before) and is_dim(first):
        return _Grows(before, first - before)
    return _Settled(first)


def _further(before: Any, first: Any, second: Any, name: str) -> _Change:
    if isinstance(second, Contents):
        return _further_contents(before, first, second, name)
    if isinstance(second, Shape):
        return _Settled(second)
    if first is not NOTHING and _same_state(first, second):
        return _Settled(second)
    if is_dim(before) and is_dim(first) and is_dim(second) and second - first == first - before:
        return _Grows(before, first - before)
    return _Blurred(_blurred(first if first is not NOTHING else before, second, name))


def _further_contents(before: Any, first: Any, second: Contents, name: str) -> _Change:
    if isinstance(before, Contents) and isinstance(first, Contents):
        if before.rest is NOTHING and first.rest is NOTHING and second.rest is NOTHING:
            step = len(first.head) - len(before.head)
            added_first = first.head[len(before.head) :]
            added_second = second.head[len(first.head) :]
            if step > 0 and len(added_second) == step:
                shared = common([*added_first, *added_second], name)
                if step == 1 and isinstance(shared, Unknown) and not isinstance(added_second[0], Unknown):
                    # the first round's element is another: `nn.GRU(features if i == 0 else hidden, hidden)`
                    return _Lengthens(first, added_second[0], 1, 1)
                return _Lengthens(before, shared, step)
            if step == 0 and len(second.head) == len(first.head):
                head = tuple(x if same(x, y) else widen(x, y, name) for x, y in zip(first.head, second.head))
                return _Blurred(Contents(head, NOTHING, len(head)))
        elif _same_state(first, second):
            return _Settled(second)
    return _Blurred(Contents((), Unknown(name), symbol(f"len({name})", 0)))


def common(values: list[Value], name: str) -> Value:
    """What every one of some values is."""
    element = values[0]
    for other in values[1:]:
        if not same(element, other):
            element = widen(element, other, name)
    return element


# Comprehensions


def comprehend(m: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, kind: str) -> Value:
    """A list, set or generator expression; a generator is evaluated as a list."""
    collected: list[Value] = []
    since = mark()
    contents = _rounds_of(m, node.generators, lambda: collected.append(evaluate(m, node.elt)))
    if contents is None:
        rest = common(collected, "element") if collected else m.fresh("element")
        made = Items(kind, (), rest, symbol("length", 0))
    elif contents.rest is NOTHING:
        return Items(kind, collected)
    elif len(collected) == 2:
        made = Items(kind, collected[:1], collected[1], contents.length)
    else:
        made = Items(kind, (), collected[-1] if collected else m.fresh("element"), contents.length)
    made.state["contents"] = _begun(made.contents, since)
    return made


def comprehend_dict(m: Machine, node: ast.DictComp) -> Value:
    """A dictionary expression."""
    result = Mapping()

    def add() -> None:
        from lstmcheck.infer.subscripts import set_item

        set_item(m, result, evaluate(m, node.key), evaluate(m, node.value))

    contents = _rounds_of(m, node.generators, add)
    if contents is None or contents.rest is not NOTHING:
        result.state["open"] = True
    return result


def _rounds_of(m: Machine, generators: list[ast.comprehension], run: Callable[[], None]) -> Contents | None:
    """Run once for each known element and once for the rest; None when the number of results is not the elements'."""
    outer = m.frame
    frame = Frame(outer.file, {}, outer, outer.function, None, outer.module, path=outer.path, receiver=outer.receiver)
    iterated = evaluate(m, generators[0].iter)
    m.frame = frame
    try:
        return _generate(m, generators, iterated, run)
    finally:
        m.frame = outer


def _generate(
    m: Machine, generators: list[ast.comprehension], iterated: Value, run: Callable[[], None]
) -> Contents | None:
    first, later = generators[0], generators[1:]
    contents = elements_of(m, iterated)
    exact = contents is not None and not later
    if contents is None:
        contents = Contents((), m.fresh("element", "iterated"), symbol("rounds", 0))
    elements = list(contents.head[:UNROLL])
    if contents.rest is not NOTHING:
        elements.append(contents.rest)
    if contents.rest is NOTHING and len(contents.head) > UNROLL:
        exact = False
        elements.append(_any_later(m, contents))
    for element in elements:
        assign(m, first.target, element)
        conditions = [truthiness(m, evaluate(m, test)) for test in first.ifs]
        if any(isinstance(condition, int) and not condition for condition in conditions):
            exact = exact and contents.rest is NOTHING
            continue
        if any(not isinstance(condition, int) for condition in conditions):
            exact = False
        if later:
            inner = _generate(m, later, evaluate(m, later[0].iter), run)
            if len(later) == 1 and inner is not None and inner.rest is NOTHING and contents.rest is NOTHING:
                exact = exact or all(c == 1 for c in conditions)
            else:
                exact = False
        else:
            run()
    return contents if exact else None
