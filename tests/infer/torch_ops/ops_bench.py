"""Runs one operation in torch and in the engine, and compares shapes, dtypes, lengths, and what is reported."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Atom, Dim, Poly, Verdict, substitute, symbol
from lstmcheck.infer.calls import call_op
from lstmcheck.infer.layers import call_layer, construct_layer
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.project import Project
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import OPS, Op, load
from lstmcheck.infer.torch_ops.indexing import getitem
from lstmcheck.infer.values import External, Items, Layer, Packed, ShapeOf, Slice, Tensor, Unknown

load()


@dataclass(frozen=True)
class T:
    """A tensor to be made: ones, or zeros where the values are indices."""

    shape: tuple[int, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class N:
    """A size given as an argument, which the engine may see as a symbol."""

    value: int


class Bench(Machine):
    """A machine without a program, which keeps the needs that are never met."""

    def __init__(self) -> None:
        super().__init__(Project([], []))
        self.unmet: list[Need] = []
        self.arg_nodes = {}

    def here(self) -> Any:
        return None

    def need(self, need: Need, *args: Any, **named: Any) -> Verdict:
        """Judge as the engine does, and keep what is never met whether or not a recurrent layer is concerned."""
        verdict = self.verdict(need)
        if verdict is Verdict.NE:
            self.unmet.append(need)
        return verdict

    def report(self, need: Need, *args: Any, **named: Any) -> None:
        """Silent mistakes are no matter of an operation's own."""


@dataclass
class Reading:
    """How the engine is shown the arguments: which sizes are symbols, how many axes of a tensor are hidden.

    `unseen` is the number of the one value that it does not see at all, sequences and what they hold counted alike. An
    unknown value that is used along an axis is taken not to be a scalar, one beside numbers to be a number, and an
    unknown key not to be a mask of all axes: so those values are shown.
    """

    symbols: dict[int, Poly] = field(default_factory=dict)
    hidden: tuple[int, int] | None = None
    unseen: int | None = None
    shown: int = 0
    made: list[tuple[Tensor, tuple[int, ...]]] = field(default_factory=list)

    def is_unseen(self) -> bool:
        """Whether the next value is the one that stays unseen."""
        self.shown += 1
        return self.shown - 1 == self.unseen

    def dim(self, value: int) -> Dim:
        return self.symbols.get(value, value)

    def tensor(self, spec: T) -> Tensor:
        sizes = tuple(self.dim(size) for size in spec.shape)
        shape = closed(*sizes)
        # An unknown value that is used along an axis is taken not to be a scalar.
        if self.hidden is not None and sizes:
            left = min(self.hidden[0], len(sizes))
            right = min(self.hidden[1], len(sizes) - left)
            shape = Shape(sizes[:left], sizes[len(sizes) - right :] if right else (), True)
        made = Tensor(shape, spec.dtype, "cpu", name=f"t{len(self.made)}")
        self.made.append((made, spec.shape))
        return made

    def values(self) -> dict[Atom, Dim]:
        """The true size of every symbol that was made."""
        found: dict[Atom, Dim] = {}
        for value, poly in self.symbols.items():
            found[_atom(poly)] = value
        for tensor, shape in self.made:
            for axis, poly in tensor.sizes.items():
                if isinstance(poly, Poly) and -len(shape) <= axis < len(shape):
                    found[_atom(poly)] = shape[axis]
        return found


def _atom(poly: Poly) -> Atom:
    ((monomial, _),) = poly.terms.items()
    return monomial[0]


def symbolic(sizes: set[int]) -> Reading:
    return Reading({size: symbol(f"s{size}", min(size, 1)) for size in sizes})


def to_torch(value: Any) -> Any:
    if isinstance(value, T):
        dtype = getattr(torch, value.dtype)
        if dtype is torch.bool or dtype.is_floating_point or dtype.is_complex:
            return torch.ones(value.shape, dtype=dtype)
        return torch.zeros(value.shape, dtype=dtype)
    if isinstance(value, N):
        return value.value
    if isinstance(value, slice):
        return slice(to_torch(value.start), to_torch(value.stop), to_torch(value.step))
    if isinstance(value, (list, tuple)):
        return type(value)(to_torch(one) for one in value)
    return value


def count(value: Any) -> int:
    """How many values there are in arguments, as `to_engine` meets them."""
    if isinstance(value, dict):
        return sum(map(count, value.values()))
    if isinstance(value, slice):
        return 1 + sum(map(count, (value.start, value.stop, value.step)))
    return 1 + sum(map(count, value)) if isinstance(value, (list, tuple)) else 1


def to_engine(value: Any, reading: Reading) -> Any:
    if (
        reading.is_unseen()
        and not (isinstance(value, T) and (not value.shape or value.dtype == "bool"))
        and value != []
    ):
        return Unknown()
    if isinstance(value, T):
        return reading.tensor(value)
    if isinstance(value, N):
        return reading.dim(value.value)
    if isinstance(value, slice):
        return Slice(*(to_engine(part, reading) for part in (value.start, value.stop, value.step)))
    if isinstance(value, (list, tuple)):
        return Items(type(value).__name__, [to_engine(one, reading) for one in value])
    if isinstance(value, torch.dtype):
        return External(str(value))
    return value


@dataclass
class Outcome:
    """What torch did: a result, or an exception; and whether it warned."""

    value: Any = None
    error: Exception | None = None
    warned: bool = False


def observe(run: Callable[[], Any]) -> Outcome:
    with warnings.catch_warnings(record=True) as caught, torch.no_grad():
        warnings.simplefilter("always")
        try:
            value = run()
            if value is NotImplemented:  # what an operator's method gives instead of a TypeError
                return Outcome(error=TypeError("unsupported operand"), warned=bool(caught))
            return Outcome(value, warned=bool(caught))
        except Exception as error:
            return Outcome(error=error, warned=bool(caught))


def resolve(path: str) -> Callable[..., Any] | None:
    """The real function of a path: `torch.cat`, `Tensor.view`; a property becomes a function."""
    owner: Any = torch
    names = path.split(".")
    if names[0] == "einops":
        owner = importlib.import_module(".".join(names[:-1]))
        names = names[-2:]
    if names[0] == "Tensor":
        attribute = getattr(torch.Tensor, names[1], None)
        if attribute is not None and not callable(attribute):
            return lambda x: getattr(x, names[1])
        return attribute
    for name in names[1:]:
        owner = getattr(owner, name, None)
        if owner is None:
            return None
    found: Callable[..., Any] = owner
    return found


def run_op(path: str, args: list[Any], keywords: dict[str, Any], reading: Reading) -> tuple[Any, Bench]:
    m = Bench()
    given = [to_engine(value, reading) for value in args]
    named = {name: to_engine(value, reading) for name, value in keywords.items()}
    if path == "getitem":
        return getitem(m, *given), m
    entry: Op = OPS[path]
    return call_op(m, entry, given, named, False), m


def run_layer(path: str, made: tuple[Any, ...], args: tuple[Any, ...], reading: Reading) -> tuple[Any, Bench]:
    m = Bench()
    options, named = made
    layer = construct_layer(
        m,
        path,
        [to_engine(value, reading) for value in options],
        {name: to_engine(value, reading) for name, value in named.items()},
        False,
    )
    assert isinstance(layer, Layer)
    given, extra = args
    return call_layer(
        m,
        layer,
        [to_engine(value, reading) for value in given],
        {name: to_engine(value, reading) for name, value in extra.items()},
        False,
    ), m


class Mismatch(AssertionError):
    pass


def check(outcome: Outcome, claimed: Any, m: Bench, reading: Reading, exact: bool) -> int:
    """Compare, and return how many facts the engine claimed (0: it said nothing)."""
    raising = [need for need in m.unmet if need.raises is not None and not need.warns]
    warning = [need for need in m.unmet if need.warns]
    if outcome.error is None:
        if raising:
            raise Mismatch(f"torch accepts, but reported: {raising[0].what} {raising[0].raises.text}")  # type: ignore[union-attr]
        if warning and not outcome.warned:
            raise Mismatch(f"torch does not warn, but reported: {warning[0].what}")
        return compare(outcome.value, claimed, reading.values())
    if raising and exact:
        raises = raising[0].raises
        assert raises is not None
        # A TypeError is about the form of the call, which the caller judges.
        if raises.type != type(outcome.error).__name__ and not isinstance(outcome.error, TypeError):
            raise Mismatch(
                f"{type(outcome.error).__name__}: {outcome.error} -- but reported {raises.type}: {raises.text}"
            )
    return 0


def compare(actual: Any, claimed: Any, values: dict[Atom, Dim]) -> int:
    if claimed is None or isinstance(claimed, Unknown):
        return 0
    if isinstance(actual, torch.Tensor):
        if not isinstance(claimed, Tensor):
            raise Mismatch(f"torch gives a tensor {tuple(actual.shape)}, the engine {claimed!r}")
        return _compare_tensor(actual, claimed, values)
    if isinstance(actual, PackedSequence):
        return _compare_packed(actual, claimed, values)
    if isinstance(actual, (tuple, list)):
        return _compare_sequence(actual, claimed, values)
    if isinstance(actual, (int, float)) and isinstance(claimed, (int, float, Poly)):
        return _same(actual, claimed, values, "number")
    if isinstance(actual, torch.dtype) or actual is None or isinstance(claimed, (Layer, External)):
        return 0
    if (isinstance(claimed, Tensor) and claimed.vague) or (isinstance(actual, str) and actual == claimed):
        return 0
    raise Mismatch(f"torch gives {type(actual).__name__}, the engine {claimed!r}")


def _compare_tensor(actual: torch.Tensor, claimed: Tensor, values: dict[Atom, Dim]) -> int:
    sizes, shape = tuple(actual.shape), claimed.shape
    facts = 0
    if not shape.open and len(shape.left) != len(sizes):
        raise Mismatch(f"shape {sizes}, claimed {shape}")
    if len(sizes) < shape.min_rank or (shape.max_rank is not None and len(sizes) > shape.max_rank):
        raise Mismatch(f"shape {sizes}, claimed {shape} (rank {shape.min_rank} to {shape.max_rank})")
    for axis, size in enumerate(shape.left):
        facts += _same(sizes[axis], size, values, f"shape {sizes}, claimed {shape}: axis {axis}")
    for axis in range(-len(shape.right), 0):
        facts += _same(sizes[axis], shape.right[axis], values, f"shape {sizes}, claimed {shape}: axis {axis}")
    if claimed.dtype is not None and f"torch.{claimed.dtype}" != str(actual.dtype):
        raise Mismatch(f"dtype {actual.dtype}, claimed {claimed.dtype}")
    if claimed.device not in (None, "cpu", "cuda"):
        raise Mismatch(f"device {claimed.device}")
    return facts + (not shape.open)


def _compare_sequence(actual: Any, claimed: Any, values: dict[Atom, Dim]) -> int:
    if isinstance(claimed, ShapeOf):
        return 0
    if not isinstance(claimed, Items):
        raise Mismatch(f"torch gives {type(actual).__name__}, the engine {claimed!r}")
    facts = _same(len(actual), claimed.length, values, "length")
    for i, one in enumerate(actual):
        facts += compare(one, claimed.head[i] if i < len(claimed.head) else claimed.rest, values)
    return facts


def _compare_packed(actual: PackedSequence, claimed: Any, values: dict[Atom, Dim]) -> int:
    if not isinstance(claimed, Packed):
        raise Mismatch(f"torch gives a PackedSequence, the engine {claimed!r}")
    facts = 0
    if claimed.features is not None:
        facts += _same(actual.data.shape[-1], claimed.features, values, "features")
    if claimed.batch is not None:
        facts += _same(int(actual.batch_sizes[0]), claimed.batch, values, "batch")
    if claimed.seq_len is not None:
        facts += _same(len(actual.batch_sizes), claimed.seq_len, values, "seq_len")
    return facts


def _same(actual: Any, claimed: Any, values: dict[Atom, Dim], what: str) -> int:
    known = substitute(claimed, values) if isinstance(claimed, Poly) else claimed
    if isinstance(known, Poly):
        return 0
    if known != actual:
        raise Mismatch(f"{what}: {actual}, claimed {claimed} = {known}")
    return 1
