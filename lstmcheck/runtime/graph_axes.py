"""What the axes of a tensor mean that was computed from the result of a recurrent call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis, or a factor of one: `size` of the `whole` positions of an axis of the result, from `start` by `step`.

    `kind` is "time", "batch", "rows" (of a state), "features", "packed" (the rows of a PackedSequence), "layers" and
    "directions" (the parts of rows), "halves" and "units" (the parts of features), or "" where it means nothing here.
    """

    kind: str
    size: int
    whole: int
    start: int = 0
    step: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether no position is left out."""
        return self.size == self.whole

    @property
    def positions(self) -> range:
        """The positions of the result's own axis that are left."""
        return range(self.start, self.start + self.size * self.step, self.step)

    def part(self, start: int, size: int, step: int = 1) -> Axis:
        """Some of the positions that are left."""
        return replace(self, size=size, start=self.start + start * self.step, step=self.step * step)


Dim = tuple[Axis, ...]
"""One axis of a tensor: the factors that are merged in it, the outermost first."""


def plain(size: int) -> Dim:
    """An axis that means nothing here."""
    return (Axis("", size, size),)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The batch axis went in a sum, mean or maximum while time was left."""

    operation: str
    axis: int
    time: int


@dataclass(frozen=True, slots=True)
class Source:
    """A tensor that a recurrent call returned: which call, and "out", "h_n" or "c_n"."""

    call: int
    part: str
    layers: int
    directions: int
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the graph, as far as it comes from a `source`.

    `picked` are axes that a selection took one position of. `masked` says that something was multiplied or filled in,
    `told` that what it reads of its source was noted already, `scored` the axis that a log_softmax ran over,
    `over_time` which one that was if it was time. `broadcast` are the two shapes that made (N, N) of it, and
    `is_difference` says that a subtraction did.
    """

    source: Source
    dims: tuple[Dim, ...]
    picked: tuple[Axis, ...] = ()
    masked: bool = False
    told: bool = False
    pooled: Pooled | None = None
    scored: int | None = None
    over_time: int | None = None
    broadcast: tuple[Shape, Shape] | None = None
    is_difference: bool = False

    @property
    def shape(self) -> Shape:
        """Its sizes."""
        return tuple(size_of(dim) for dim in self.dims)

    def axes(self) -> Iterator[Axis]:
        """Every axis with a meaning, those that were picked from too."""
        yield from (axis for dim in self.dims for axis in dim if axis.kind)
        yield from self.picked

    def kind_at(self, position: int) -> str:
        """What an axis means as a whole, "" for none or several."""
        dim = self.dims[position]
        return dim[0].kind if len(dim) == 1 else ""

    def place_of(self, kind: str) -> int | None:
        """Where an axis of this kind stands that has more than one position."""
        found = (i for i in range(len(self.dims)) if self.kind_at(i) == kind and self.dims[i][0].size > 1)
        return next(found, None)

    def reads(self) -> Region:
        """Which part of its source it depends on."""
        return Region.of(self.axes(), self.source)


def size_of(dim: Iterable[Axis]) -> int:
    """The number of positions of an axis."""
    size = 1
    for axis in dim:
        size *= axis.size
    return size


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a result that something reads; None for a whole axis. `features` are [start, stop)."""

    time: range | None = None
    batch: range | None = None
    rows: frozenset[int] | None = None
    features: tuple[int, int] | None = None

    @classmethod
    def of(cls, axes: Iterable[Axis], source: Source) -> Region:
        """The part that is left of a source's axes."""
        known = {axis.kind: axis for axis in axes}
        found = {kind: axis.positions for kind, axis in known.items() if not axis.is_whole}
        halves, features = known.get("halves"), known.get("features")
        if halves is not None and "units" in known:
            width = known["units"].whole
            span: tuple[int, int] | None = (halves.start * width, (halves.start + halves.size) * width)
        else:
            span = (features.start, features.start + features.size) if features and features.step == 1 else None
        rows = _rows(known, source)
        return cls(found.get("time"), found.get("batch"), rows, span)


def _rows(known: dict[str, Axis], source: Source) -> frozenset[int] | None:
    if "rows" in known:
        return frozenset(known["rows"].positions)
    layers, directions = known.get("layers"), known.get("directions")
    if layers is None or directions is None:
        return None
    return frozenset(a * source.directions + b for a in layers.positions for b in directions.positions)


@dataclass(slots=True)
class Seen:
    """What a look at a graph gave: the values that are read, those it began at, and what was noticed on the way."""

    reads: list[Value] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    returned: list[Value] = field(default_factory=list)
    complete: bool = True

    def read(self, *values: Value) -> None:
        """Note that something reads values, in a way of which no more is known."""
        self.reads += (value for value in values if not value.told)

    def notice(self, what: str, value: Value, **detail: object) -> None:
        """Note a mistake that one operation shows by itself."""
        self.notices.append(Notice(what, value.source, detail))


@dataclass(frozen=True, slots=True)
class Notice:
    """A mistake that one operation shows: its need, and the details of its message."""

    what: str
    source: Source
    detail: dict[str, object]


def kinds(dims: Sequence[Dim]) -> tuple[str, ...]:
    """What axes mean, in order."""
    return tuple(dim[0].kind if len(dim) == 1 else "" for dim in dims)
