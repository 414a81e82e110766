"""What an expression can be: the abstract values of the engine.

Python's own int, bool, float, str, None and Ellipsis stand for themselves; a `Poly` is an int that is not a constant.
Every other value is a class of this module. Mutable state lives in dictionaries (`fields`, `state`, `entries`) that are
written only through the machine's heap, so that a branch can be undone and joined.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from lstmcheck.dims import Dim, Poly, guard, symbol
from lstmcheck.findings import Related
from lstmcheck.frozen import identified
from lstmcheck.infer.shapes import ANY_SHAPE, Shape

if TYPE_CHECKING:
    from lstmcheck.contract.recurrent import RecurrentConfig
    from lstmcheck.infer.strides.layouts import Layout
    from lstmcheck.source.parse import SourceFile

Value: TypeAlias = Any

MAX_OPTIONS = 6
MAX_WEIGHT = 2_048


class Site:
    """A place in the source: a file and a node of its syntax tree. Immutable."""

    __slots__ = ("file", "node")

    def __init__(self, file: SourceFile, node: ast.AST) -> None:
        self.file = file
        self.node = node

    def related(self, label: str) -> Related:
        """This place as the second one of a finding."""
        return Related(self.file.location(self.node), label)


class Truth:
    """A bool that is not a constant: a 0/1 polynomial."""

    __slots__ = ("dim",)

    def __init__(self, dim: Poly) -> None:
        self.dim = dim

    def __repr__(self) -> str:
        return f"Truth({self.dim!r})"


def truth(dim: Dim) -> bool | Truth:
    """A 0/1 dimension as a Python value."""
    return bool(dim) if isinstance(dim, int) else Truth(dim)


class Itself:
    """An object as a key: it is told from all others as long as the key lives."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class Unknown:
    """A value that is not understood, with identity: asking it the same question twice gives the same symbol.

    `kind` is its Python type's name where that much is known ("float", "int", "str", "tensor"). `free` says that it
    may really be anything (a parameter, data); otherwise it is something that the engine did not follow.
    """

    __slots__ = ("attrs", "facts", "free", "items", "kind", "name", "reason")

    def __init__(self, name: str = "?", reason: str = "", kind: str | None = None, free: bool = False) -> None:
        self.free = free or kind == "tensor"
        self.name = name
        self.reason = reason
        self.kind = kind
        self.attrs: dict[str, Value] = {}
        self.items: dict[Any, Value] = {}
        self.facts: dict[Any, Any] = {}

    def as_dim(self) -> Dim:
        """This value read as an int."""
        known = self.facts.get("dim")
        if known is None:
            known = self.facts["dim"] = symbol(self.name, opaque=not self.free)
        return known

    def as_truth(self) -> Dim:
        """This value read as a condition: one guard per value."""
        known = self.facts.get("truth")
        if known is None:
            known = self.facts["truth"] = guard(self.name, not self.free)
        return known

    def is_none(self) -> Dim:
        """The condition that this value is None."""
        known = self.facts.get("none")
        if known is None:
            known = self.facts["none"] = guard(f"{self.name} is None", not self.free)
        return known

    def as_tensor(self) -> Tensor:
        """This value read as a tensor: one tensor per value, so that its sizes keep their symbols."""
        known = self.facts.get("tensor")
        if known is None:
            known = self.facts["tensor"] = Tensor(ANY_SHAPE, name=self.name, vague=True)
        return known

    def __repr__(self) -> str:
        return f"Unknown({self.name})"


@identified
class Role:
    """Which recurrent layer made a tensor, and as what: "output", "h_n", "c_n", or a part of them."""

    layer: Layer
    part: str
    exact: bool = True
    # the loops that were running when the layer was called, each with its round
    born: tuple[tuple[Any, int], ...] = ()


class Tensor:
    """A tensor of partly known shape.

    `vague` marks a value that is only read as a tensor because of how it is used (it may be a PackedSequence or an
    array). `leading` is a tensor whose leading sizes this one shares. `roles` tell which recurrent results flowed in.
    `layout` is what is known of the strides.
    """

    __slots__ = ("device", "dtype", "layout", "leading", "made", "name", "requires_grad", "role", "sizes", "state")

    def __init__(
        self,
        shape: Shape,
        dtype: str | None = None,
        device: str | None = None,
        name: str = "",
        made: Site | None = None,
        role: Role | None = None,
        leading: Tensor | None = None,
        vague: bool = False,
    ) -> None:
        self.state: dict[str, Any] = {"shape": shape, "vague": vague}
        self.dtype = dtype
        self.device = device
        self.name = name
        self.made = made
        self.role = role
        self.leading = leading if leading is None else leading.source_of(shape)
        self.requires_grad: bool | None = None
        self.layout: Layout | None = None
        self.sizes: dict[int, Dim] = {}

    @property
    def shape(self) -> Shape:
        """What is known of the shape."""
        shape: Shape = self.state["shape"]
        return shape

    def source_of(self, shape: Shape) -> Tensor:
        """What a tensor of some shape that shares leading sizes with this one is told by: a chain stays short."""
        above, own = self.leading, self.shape.left
        adds = above is None or above.shape.rank != self.shape.rank or shape.left[: len(own)] != own
        return self if above is None or adds else above

    def _shares(self, axis: int) -> bool:
        """Whether an axis is one of those shared with `leading`: its last one may be another."""
        rank = self.leading.shape.rank if self.leading is not None else None
        return rank is None or axis < rank - 1

    @property
    def graph(self) -> frozenset[int]:
        """The recurrent calls through which a backward pass of this tensor certainly goes."""
        graph: frozenset[int] = self.state.get("graph", NO_GRAPH)
        return graph

    @property
    def vague(self) -> bool:
        """Whether this may turn out not to be a tensor."""
        return self.state["vague"] is not False

    def size(self, axis: int) -> Dim:
        """The size of an axis; a symbol of this tensor and axis where it is not known."""
        tensor = self
        while True:
            known = tensor.shape.at(axis)
            if known is not None:
                return known
            if tensor.leading is None or axis < 0 or not tensor._shares(axis):
                break
            tensor = tensor.leading
        known = tensor.sizes.get(axis)
        if known is None:
            known = tensor.sizes[axis] = symbol(f"{tensor.name or 'tensor'}.size({axis})", 0)
        return known

    def __repr__(self) -> str:
        return f"Tensor{self.shape!r}"


class Array:
    """A numpy array. `data` says of its shape and dtype what a tensor would; a vague one may be a data frame.

    It is data: a question about its values has no fixed answer.
    """

    __slots__ = ("data",)
    free = True

    def __init__(self, data: Tensor) -> None:
        self.data = data

    @property
    def shape(self) -> Shape:
        """What is known of the shape."""
        return self.data.shape

    @property
    def dtype(self) -> str | None:
        """The dtype's name as numpy says it, None where it is not known."""
        return self.data.dtype

    def size(self, axis: int) -> Dim:
        """The size of an axis; a symbol of this array and axis where it is not known."""
        return self.data.size(axis)

    def __repr__(self) -> str:
        return f"Array{self.shape!r}"


NO_GRAPH: frozenset[int] = frozenset()


class ShapeOf:
    """`x.shape` of a tensor whose rank is not known."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Packed:
    """A PackedSequence: data `(sum(lengths), features)`, of `batch` sequences no longer than `seq_len`."""

    __slots__ = ("batch", "dtype", "features", "made", "order", "role", "seq_len", "sorted")

    def __init__(
        self,
        features: Dim | None,
        batch: Dim | None,
        seq_len: Dim | None = None,
        dtype: str | None = None,
        role: Role | None = None,
        made: Site | None = None,
    ) -> None:
        self.features = features
        self.batch = batch
        self.seq_len = seq_len
        self.dtype = dtype
        self.role = role
        self.made = made
        self.sorted: bool | None = None
        # the sort by length in whose order the samples are
        self.order: Any = None

    def with_dtype(self, dtype: str | None) -> Packed:
        """The same sequences with another dtype."""
        cast = Packed(self.features, self.batch, self.seq_len, dtype, self.role, self.made)
        cast.sorted, cast.order = self.sorted, self.order
        return cast

    def __repr__(self) -> str:
        return f"Packed(features={self.features!r}, batch={self.batch!r})"


class Contents:
    """What a sequence holds: first elements, what every later one is (NOTHING when there is none), and the length.

    `last` is the last element where it differs from the rest (a smaller last batch), else None. `since` is the mark
    (`dims.mark`) at which a loop began that put the rest there: sizes in it that are younger may differ from element to
    element. `weight` is the number of sequences and modules inside, each counted as often as it occurs: what holds too
    many is told of no more, so that values that share parts (`x = (x, x)`, again and again) can be walked as trees.
    Immutable.
    """

    __slots__ = ("head", "last", "length", "rest", "since", "weight")

    def __init__(
        self, head: tuple[Value, ...], rest: Value, length: Dim, last: Value = None, since: int | None = None
    ) -> None:
        self.weight = sum(map(_weight, head)) + _weight(rest)
        if self.weight > MAX_WEIGHT:
            head = tuple(Unknown("part", "holds too much") if _weight(value) else value for value in head)
            self.weight = 0
        self.head = head
        self.rest = rest
        self.length = length
        self.last = last
        self.since = since


def _weight(value: Value) -> int:
    """The number of sequences that a value is and holds; the children of a module count as what it holds."""
    kind = type(value)
    if kind is Layer:
        value = value.children
        kind = type(value)
    return 1 + value.contents.weight if kind is Items else 0


class Items:
    """A list, tuple, or another sequence: known first elements, and perhaps a common rest.

    `length` is given only for an open sequence; a sequence without it is known whole.
    """

    __slots__ = ("kind", "made", "role", "state")

    def __init__(
        self,
        kind: str,
        head: tuple[Value, ...] | list[Value] = (),
        rest: Value = None,
        length: Dim | None = None,
        made: Site | None = None,
        role: Role | None = None,
    ) -> None:
        self.kind = kind
        self.made = made
        self.role = role
        contents = Contents(tuple(head), NOTHING, len(head)) if length is None else Contents(tuple(head), rest, length)
        self.state: dict[str, Any] = {"contents": contents}

    @property
    def contents(self) -> Contents:
        """Everything that is known of the elements."""
        contents: Contents = self.state["contents"]
        return contents

    @property
    def head(self) -> tuple[Value, ...]:
        """The first elements."""
        return self.contents.head

    @property
    def rest(self) -> Value:
        """What every later element is; NOTHING when there is none."""
        return self.contents.rest

    @property
    def each(self) -> tuple[Value, ...]:
        """The first elements, and once what every later one is."""
        return self.head if self.whole else (*self.head, self.rest)

    @property
    def length(self) -> Dim:
        """The number of elements."""
        return self.contents.length

    @property
    def whole(self) -> bool:
        """Whether every element is known."""
        return self.contents.rest is NOTHING

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, self.head)) + ("" if self.whole else f", *{self.rest!r}")
        return f"{self.kind}[{inner}]"


class Mapping:
    """A dict: known entries by constant key; `state["open"]` says that there may be others."""

    __slots__ = ("entries", "made", "state")

    def __init__(self, entries: dict[Any, Value] | None = None, open: bool = False, made: Site | None = None) -> None:
        self.entries: dict[Any, Value] = {} if entries is None else entries
        self.state: dict[Any, Any] = {"open": open}
        self.made = made

    @property
    def open(self) -> bool:
        """Whether there may be entries that are not known."""
        return bool(self.state["open"])

    def __repr__(self) -> str:
        return f"dict{self.entries!r}"


class Dictionary(Mapping):
    """An object of a class of the program that derives from dict: entries, and attributes in `fields`.

    `state["shared"]` says that its entries are its attributes (`self.__dict__ = self`).
    """

    __slots__ = ("cls", "fields")

    def __init__(self, cls: Class) -> None:
        super().__init__()
        self.cls = cls
        self.fields: dict[str, Value] = {}
        self.state["shared"] = False


class Range:
    """`range(start, stop, step)`."""

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: Dim, stop: Dim, step: Dim) -> None:
        self.start = start
        self.stop = stop
        self.step = step


class Slice:
    """`lower:upper:step`; None where left out."""

    __slots__ = ("lower", "step", "upper")

    def __init__(self, lower: Value, upper: Value, step: Value) -> None:
        self.lower = lower
        self.upper = upper
        self.step = step


class Layer:
    """An instance of one of torch's own modules: its class, its arguments by parameter name, where it was built.

    `config` is the recurrent configuration, for recurrent layers. `children` are the modules of a container.
    """

    __slots__ = ("args", "children", "config", "fields", "kind", "site", "sites")

    def __init__(
        self,
        kind: str,
        args: dict[str, Value],
        site: Site | None = None,
        sites: dict[str, Site] | None = None,
        config: RecurrentConfig | None = None,
        children: Items | Mapping | None = None,
    ) -> None:
        self.kind = kind
        self.args = args
        self.site = site
        self.sites = sites or {}
        self.config = config
        self.children = children
        self.fields: dict[str, Value] = {}

    def __repr__(self) -> str:
        return f"Layer({self.kind})"


class Class:
    """A class of the program: its body's names, its bases as values, where it is defined."""

    __slots__ = ("bases", "decorated", "frame", "name", "names", "node", "order")

    def __init__(
        self, name: str, node: ast.ClassDef, frame: Frame, bases: tuple[Value, ...], decorated: tuple[Value, ...]
    ) -> None:
        self.name = name
        self.node = node
        self.frame = frame
        self.bases = bases
        self.decorated = decorated
        self.names: dict[str, Value] = {}
        # the class and its bases in the order of lookup, once it was asked for
        self.order: tuple[Value, ...] | None = None

    def __repr__(self) -> str:
        return f"Class({self.name})"


class Instance:
    """An object of a class of the program: its fields. `inner` is the torch layer of a subclass of one."""

    __slots__ = ("cls", "escaped", "fields")

    def __init__(self, cls: Class | None, name: str = "self") -> None:
        self.cls = cls
        self.fields: dict[str, Value] = {}
        # whether code that is not seen may have given it further fields
        self.escaped = False

    def __repr__(self) -> str:
        return f"Instance({self.cls.name if self.cls else 'namespace'})"


class Function:
    """A function, method or lambda of the program, with the frame that it closes over.

    `wraps` is the function in whose place a decorator of the program put this one.
    """

    __slots__ = ("decorators", "defaults", "frame", "kw_defaults", "name", "node", "owner", "wraps")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        frame: Frame,
        defaults: tuple[Value, ...],
        kw_defaults: tuple[Value | None, ...],
        owner: Class | None = None,
        decorators: tuple[Value, ...] = (),
    ) -> None:
        self.node = node
        self.frame = frame
        self.defaults = defaults
        self.kw_defaults = kw_defaults
        self.owner = owner
        self.decorators = decorators
        self.wraps: Function | None = None
        self.name: str = getattr(node, "name", "<lambda>")

    def __repr__(self) -> str:
        return f"Function({self.name})"


class Bound:
    """A function together with its first argument."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Value, receiver: Value) -> None:
        self.function = function
        self.receiver = receiver


class Method:
    """A method, by name, of a value that is not an instance of a user class (a tensor, a list, a layer)."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str) -> None:
        self.receiver = receiver
        self.name = name

    def __repr__(self) -> str:
        return f"Method({self.receiver!r}.{self.name})"


class Partial:
    """`functools.partial(function, *args, **keywords)`."""

    __slots__ = ("args", "function", "keywords")

    def __init__(self, function: Value, args: tuple[Value, ...], keywords: dict[str, Value]) -> None:
        self.function = function
        self.args = args
        self.keywords = keywords


class Super:
    """`super()` inside a method."""

    __slots__ = ("after", "receiver")

    def __init__(self, receiver: Value, after: Class | None) -> None:
        self.receiver = receiver
        self.after = after


class External:
    """A name of a library, by its canonical dotted path: `torch.nn.LSTM`, `numpy.zeros`."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"External({self.path})"


class Builtin:
    """A function or type of Python itself."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Builtin({self.name})"


class Later:
    """What is imported from a module that nobody has asked for anything yet."""

    __slots__ = ("find", "value")

    def __init__(self, find: Callable[[Later], Value]) -> None:
        self.find = find
        self.value: Value = NOTHING

    def now(self) -> Value:
        """The value, the same each time."""
        if self.value is NOTHING:
            self.value = self.find(self)
        return self.value


class Namespace:
    """A module of the program. `folder` is where the modules below it lie; a folder alone has no frame to load."""

    __slots__ = ("folder", "load", "name")

    def __init__(self, name: str, load: Callable[[], Frame | None], folder: str) -> None:
        self.name = name
        self.load = load
        self.folder = folder


class Choice:
    """One of several values, each under a condition; the conditions exclude each other and cover the path."""

    __slots__ = ("options",)

    def __init__(self, options: tuple[tuple[Dim, Value], ...]) -> None:
        self.options = options

    def __repr__(self) -> str:
        return f"Choice({self.options!r})"


class _Nothing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


@dataclass(eq=False, slots=True)
class Frame:
    """The names of a module, a function call, or a class body, and the frame around it."""

    file: SourceFile
    names: dict[str, Value]
    outer: Frame | None = None
    function: Function | None = None
    owner: Class | None = None
    module: str = ""
    globals_: set[str] = field(default_factory=set)
    # names that functions rebind with `global`: which value they have at a given time is not followed
    rebound: dict[str, Value] = field(default_factory=dict)
    returns: list[tuple[Dim, Value]] = field(default_factory=list)
    yields: list[Value] | None = None
    # how many forks were open when the frame began, and whether every yield so far came at that depth
    forks: int = 0
    yields_all: bool = True
    path: tuple[Dim, ...] = ()
    receiver: Value = None

    @property
    def top(self) -> Frame:
        """The module's frame."""
        frame = self
        while frame.outer is not None:
            frame = frame.outer
        return frame
