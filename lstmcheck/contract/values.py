"""How the contract sees a program's values: tensors, packed sequences, states, and anything else by its type's name."""

from __future__ import annotations

from dataclasses import field
from typing import Union

from lstmcheck.dims import Dim, Poly, symbol
from lstmcheck.frozen import frozen

Shape = tuple[Dim, ...]


def _rows() -> Poly:
    return symbol("rows", 1)


def _seq_len() -> Poly:
    return symbol("seq_len", 1)


@frozen
class TensorLike:
    """A tensor: `shape`, and dtype ("torch.float32") and device ("cuda:0") where they are known.

    `open` says that an unknown number of axes stands before `shape`: the `(..., features)` of an Embedding whose ids
    nobody knows.
    """

    shape: Shape
    dtype: str | None = None
    device: str | None = None
    open: bool = False

    @property
    def rank(self) -> int | None:
        """The number of axes, None when open."""
        return None if self.open else len(self.shape)


@frozen
class PackedLike:
    """A PackedSequence: data of shape (rows, *inner, features), or (rows,) when `data_rank` is 1.

    `batch` is batch_sizes[0], `rows` the sum of the lengths, `seq_len` the longest. `sorted` is True when it was
    packed with enforce_sorted=True (no sorted_indices), False when it carries sorted_indices, None when unknown.
    `lengths` are in the caller's order. Sizes left out are fresh symbols.
    """

    features: Dim
    batch: Dim
    rows: Dim = field(default_factory=_rows)
    seq_len: Dim = field(default_factory=_seq_len)
    dtype: str | None = None
    device: str | None = None
    sorted: bool | None = None
    data_rank: int = 2
    inner: Shape = ()
    lengths: Shape | None = None

    @property
    def data_shape(self) -> Shape:
        """The shape of `.data`."""
        return (self.rows,) if self.data_rank == 1 else (self.rows, *self.inner, self.features)


@frozen
class OtherLike:
    """Any other value, by the name of its type ("tuple", "NoneType", "ndarray"); None when even that is unknown."""

    type_name: str | None


@frozen
class States:
    """A tuple or list given as hx."""

    items: tuple[TensorLike | OtherLike, ...]
    container: str = "tuple"


Input = Union[TensorLike, PackedLike, OtherLike]
State = Union[TensorLike, States, OtherLike, None]

_QUALIFIED = {"ndarray": "numpy.ndarray"}


def printed_type(type_name: str | None) -> str:
    """The type as Python words it in an AttributeError."""
    return _QUALIFIED.get(type_name or "", type_name or "")


_SCALARS = {
    "torch.float64": "Double",
    "torch.float32": "Float",
    "torch.float16": "Half",
    "torch.bfloat16": "BFloat16",
    "torch.int64": "Long",
    "torch.int32": "Int",
    "torch.int16": "Short",
    "torch.int8": "Char",
    "torch.uint8": "Byte",
    "torch.bool": "Bool",
    "torch.complex64": "ComplexFloat",
    "torch.complex128": "ComplexDouble",
}


def scalar_name(dtype: str | None) -> str:
    """The dtype as torch's C++ words it: "Double" for torch.float64."""
    return _SCALARS.get(dtype or "", dtype or "?")
