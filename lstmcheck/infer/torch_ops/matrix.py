"""Products of matrices, and einsum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim
from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    anything,
    differ,
    duplicate,
    fresh,
    need,
    product,
    result,
    tensor_input,
    unchanged,
    with_last,
    with_rank,
)
from lstmcheck.infer.values import Items, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_MATRICES = "mat1 and mat2 shapes cannot be multiplied ({rows}x{got} and {want}x{columns})"
_BATCHES = (
    "Expected size for first two dimensions of batch2 tensor to be: [{batch}, {inner}] but got: [{batch2}, {inner2}]."
)


def _same_dtype(x: Tensor, y: Tensor) -> str | None:
    return x.dtype if x.dtype == y.dtype else None


def _either(x: Tensor, y: Tensor) -> Tensor:
    return x if x.role is not None or y.role is None else y


def _multiplied(m: Machine, x: Tensor, y: Tensor, name: str) -> bool:
    """The last size of the first must be the first size of the second matrix."""
    got, want = x.shape.at(-1), y.shape.at(-2)
    if got is None or want is None:
        return True
    if name == "matmul" and x.shape.rank == y.shape.rank == 3:
        # Two batches of matrices are multiplied by bmm.
        fields: dict[str, Any] = {"batch": x.shape.left[0], "inner": got, "batch2": x.shape.left[0], "inner2": want}
        return need(m, "op.shape", got, want, name, Raises("RuntimeError", _BATCHES, fields), _either(x, y), axis=-1)
    rows = "?" if x.shape.open else product(x.shape.left[:-1])
    fields = {"rows": rows, "got": got, "want": want, "columns": y.shape.at(-1)}
    return need(m, "op.shape", got, want, name, Raises("RuntimeError", _MATRICES, fields), _either(x, y), axis=-1)


@op("torch.matmul", "Tensor.matmul", "Tensor.__matmul__", takes="input, other")
def matmul(m: Machine, input: Value, other: Value) -> Value | None:
    x, y = tensor_input(m, input, "matmul", "matmul"), tensor_input(m, other, "matmul", "matmul", "other", 2)
    if x is None or y is None:
        return None
    a, b = x.shape, y.shape
    if a.rank == 0 or b.rank == 0:
        text = "both arguments to matmul need to be at least 1D, but they are {a}D and {b}D"
        if a.rank is not None and b.rank is not None:
            fields = {"a": a.rank, "b": b.rank}
            need(m, "op.shape", 0, 1, "matmul", Raises("RuntimeError", text, fields), _either(x, y), "at least")
        return None
    dtype = _same_dtype(x, y)
    if a.open or b.open:
        return _matmul_open(m, x, y, dtype)
    if len(b.left) == 1:
        got, want = a.left[-1], b.left[0]
        text = "size mismatch, got input ({got}), vec ({want})"
        raises = Raises("RuntimeError", text, {"got": got, "want": want})
        need(m, "op.shape", got, want, "matmul", raises, _either(x, y), axis=-1)
        return result(closed(*a.left[:-1]), x, y, dtype=dtype)
    _multiplied(m, x, y, "matmul")
    if len(a.left) == 1:
        return result(closed(*b.left[:-2], b.left[-1]), x, y, dtype=dtype)
    first, second = Tensor(closed(*a.left[:-2]), role=x.role), Tensor(closed(*b.left[:-2]), role=y.role)
    batch = broadcast(m, first, second, "matmul")
    return result(closed(*batch.left, a.left[-2], b.left[-1]), x, y, dtype=dtype)


def _matmul_open(m: Machine, x: Tensor, y: Tensor, dtype: str | None) -> Value | None:
    a, b = x.shape, y.shape
    if b.rank == 1 or (b.open and b.min_rank < 2):
        # matrix @ vector drops the last axis, matrix @ matrix replaces it.
        return anything(x, y, dtype=dtype)
    _multiplied(m, x, y, "matmul")
    last = b.at(-1)
    if last is None:
        return anything(x, y, dtype=dtype)
    if b.rank == 2:
        return result(with_last(a, last), x, y, dtype=dtype, leading=x)
    right: tuple[Dim, ...] = (last,)
    row = a.at(-2)
    if row is not None and len(a.right) >= 2:
        right = (row, last)
    return result(Shape((), right, True), x, y, dtype=dtype)


@op("torch.mm", "Tensor.mm", takes="input, mat2")
def mm(m: Machine, input: Value, mat2: Value) -> Value | None:
    x, y = tensor_input(m, input, "mm", "mm"), tensor_input(m, mat2, "mm", "mm", "mat2", 2)
    if x is None or y is None:
        return None
    if not _ranked(m, x, 2, "self must be a matrix", "mm") or not _ranked(m, y, 2, "mat2 must be a matrix", "mm"):
        return None
    _multiplied(m, x, y, "mm")
    a, b = with_rank(x, 2), with_rank(y, 2)
    return None if a is None or b is None else result(closed(a[0], b[1]), x, y, dtype=_same_dtype(x, y))


def _ranked(m: Machine, x: Tensor, rank: int, text: str, name: str) -> bool:
    if x.shape.rank is None:
        return x.shape.min_rank <= rank
    return need(m, "op.shape", x.shape.rank, rank, name, text, x)


@op("torch.bmm", "Tensor.bmm", takes="input, mat2")
def bmm(m: Machine, input: Value, mat2: Value) -> Value | None:
    x, y = tensor_input(m, input, "bmm", "bmm"), tensor_input(m, mat2, "bmm", "bmm", "mat2", 2)
    if x is None or y is None:
        return None
    if not _ranked(m, x, 3, "batch1 must be a 3D tensor", "bmm"):
        return None
    if not _ranked(m, y, 3, "batch2 must be a 3D tensor", "bmm"):
        return None
    ranks.show_rank(m, x, 3)
    ranks.show_rank(m, y, 3)
    a, b = with_rank(x, 3), with_rank(y, 3)
    if a is None or b is None:
        return None
    _batched(m, x, y, a, b, "bmm")
    return result(closed(a[0], a[1], b[2]), x, y, dtype=_same_dtype(x, y))


def _batched(m: Machine, x: Tensor, y: Tensor, a: tuple[Dim, ...], b: tuple[Dim, ...], name: str) -> None:
    fields = {"batch": a[0], "inner": a[2], "batch2": b[0], "inner2": b[1]}
    raises = Raises("RuntimeError", _BATCHES, fields)
    if need(m, "op.shape", b[0], a[0], name, raises, _either(x, y), axis=0):
        need(m, "op.shape", b[1], a[2], name, raises, _either(x, y), axis=1)


@op("torch.baddbmm", "Tensor.baddbmm", takes="input, batch1, batch2, *, beta=1, alpha=1")
def baddbmm(m: Machine, input: Value, batch1: Value, batch2: Value, beta: Value = 1, alpha: Value = 1) -> Value | None:
    made: Value | None = bmm(m, batch1, batch2)
    return made


@op("torch.addmm", "Tensor.addmm", takes="input, mat1, mat2, *, beta=1, alpha=1")
def addmm(m: Machine, input: Value, mat1: Value, mat2: Value, beta: Value = 1, alpha: Value = 1) -> Value | None:
    made: Value | None = mm(m, mat1, mat2)
    return made


@op("torch.mv", "Tensor.mv", takes="input, vec")
def mv(m: Machine, input: Value, vec: Value) -> Value | None:
    x, y = m.tensor(input), m.tensor(vec)
    if x is None or y is None:
        return None
    a, b = with_rank(x, 2), with_rank(y, 1)
    if a is None or b is None:
        return None
    text = f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]})"
    need(m, "op.shape", a[1], b[0], "mv", text, _either(x, y))
    return result(closed(a[0]), x, y, dtype=_same_dtype(x, y))


@op("torch.dot", "Tensor.dot", "torch.inner", takes="input, other")
def dot(m: Machine, input: Value, other: Value) -> Value | None:
    x, y = m.tensor(input), m.tensor(other)
    if x is None or y is None or x.shape.rank != 1 or y.shape.rank != 1:
        return None
    a, b = x.shape.left[0], y.shape.left[0]
    text = (
        f"inconsistent tensor size, expected tensor [{a}] and src [{b}] to have the same number of elements, but got "
        f"{a} and {b} elements respectively"
    )
    need(m, "op.shape", b, a, "dot", text, _either(x, y))
    return result(closed(), x, y, dtype=_same_dtype(x, y))


@op("torch.outer", "torch.ger", "Tensor.outer", takes="input, vec2")
def outer(m: Machine, input: Value, vec2: Value) -> Value | None:
    x, y = m.tensor(input), m.tensor(vec2)
    if x is None or y is None:
        return None
    a, b = with_rank(x, 1), with_rank(y, 1)
    return None if a is None or b is None else result(closed(a[0], b[0]), x, y, dtype=_same_dtype(x, y))


@op("torch.nn.functional.linear", takes="input, weight, bias=None")
def linear(m: Machine, input: Value, weight: Value, bias: Value = None) -> Value | None:
    x, w = tensor_input(m, input, "linear", "linear"), m.tensor(weight)
    if x is None or w is None or x.shape.rank == 0:
        return None
    sizes = with_rank(w, 2)
    if sizes is None or (w.shape.open and ranks.may_have(w, 1)):
        # a weight of one axis gives one number for each row
        return None
    got, (out, want) = x.shape.at(-1), sizes
    if got is not None:
        rows = "?" if x.shape.open else product(x.shape.left[:-1])
        fields = {"rows": rows, "got": got, "want": want, "columns": out}
        need(m, "op.shape", got, want, "linear", Raises("RuntimeError", _MATRICES, fields), x, axis=-1)
    return result(with_last(x.shape, out), x, w, dtype=_same_dtype(x, w), leading=x if x.shape.open else None)


@op("torch.einsum", takes="equation, *operands")
def einsum(m: Machine, equation: Value, *operands: Value) -> Value | None:
    values = operands[0].head if len(operands) == 1 and isinstance(operands[0], Items) else operands
    parts = [m.tensor(value) for value in values]
    known = [part for part in parts if part is not None]
    if not isinstance(equation, str) or len(known) < len(parts) or not known:
        return None
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if "." in text or len(terms) != len(known):
        return None
    if not arrow:
        letters = "".join(terms)
        output = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    sizes = _subscripts(m, terms, known)
    if sizes is None or any(letter not in sizes for letter in output):
        return None
    return result(closed(*(sizes[letter] for letter in output)), *known, dtype=_common(known))


def _common(parts: list[Tensor]) -> str | None:
    names = {part.dtype for part in parts}
    return parts[0].dtype if len(names) == 1 else None


def _subscripts(m: Machine, terms: list[str], parts: list[Tensor]) -> dict[str, Dim] | None:
    sizes: dict[str, Dim] = {}
    for number, (term, part) in enumerate(zip(terms, parts)):
        known = with_rank(part, len(term))
        if known is None:
            if part.shape.rank is not None:
                text = (
                    f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number of "
                    f"dimensions ({part.shape.rank}) for operand {number} and no ellipsis was given"
                )
                need(m, "op.shape", part.shape.rank, len(term), "einsum", text, part)
            return None
        for letter, size in zip(term, known):
            before = sizes.setdefault(letter, size)
            if before == size or size == 1:
                continue
            if before == 1:
                sizes[letter] = size
            elif _clash(m, before, size):
                template = (
                    "einsum(): subscript {letter} has size {size} for operand {number} which does not broadcast "
                    "with previously seen size {before}"
                )
                fields = {"letter": letter, "size": size, "number": number, "before": before}
                need(m, "op.shape", size, before, "einsum", Raises("RuntimeError", template, fields), part)
                return None
            elif not isinstance(before, int):
                # either may be 1, and then the other counts
                sizes[letter] = size if isinstance(size, int) else fresh(letter)
    return sizes


def _clash(m: Machine, a: Dim, b: Dim) -> bool:
    from lstmcheck.infer.torch_ops.common import never_one

    return never_one(a, m) and never_one(b, m) and differ(a, b, m)


@op("torch.tensordot", takes="a, b, dims=2")
def tensordot(m: Machine, a: Value, b: Value, dims: Value = 2) -> Value | None:
    x, y, count = m.tensor(a), m.tensor(b), m.int_of(dims)
    if x is None or y is None or count is None or x.shape.open or y.shape.open:
        return None
    rank = len(x.shape.left)
    if count < 0 or count > min(rank, len(y.shape.left)):
        return None
    return result(closed(*x.shape.left[: rank - count], *y.shape.left[count:]), x, y, dtype=_same_dtype(x, y))


@op("torch.cdist", takes="x1, x2, p=2.0, compute_mode=None")
def cdist(m: Machine, x1: Value, x2: Value, p: Value = 2.0, compute_mode: Value = None) -> Value | None:
    x, y = m.tensor(x1), m.tensor(x2)
    if x is None or y is None or x.shape.rank not in (2, 3) or x.shape.rank != y.shape.rank:
        return None
    batch = broadcast(m, Tensor(closed(*x.shape.left[:-2])), Tensor(closed(*y.shape.left[:-2])), "cdist")
    return result(closed(*batch.left, x.shape.left[-2], y.shape.left[-2]), x, y, dtype=_same_dtype(x, y))


@op("torch.nn.functional.scaled_dot_product_attention", takes="query, key, value, attn_mask=None, dropout_p=0.0")
def scaled_dot_product_attention(
    m: Machine, query: Value, key: Value, value: Value, attn_mask: Value = None, dropout_p: Value = 0.0
) -> Value | None:
    q, v = m.tensor(query), m.tensor(value)
    if q is None or v is None or q.shape.rank is None or q.shape.rank < 2:
        return None
    last = v.shape.at(-1)
    if last is None or (v.shape.rank is not None and v.shape.rank != q.shape.rank):
        return None
    return result(with_last(q.shape, last), q, v, dtype=_same_dtype(q, v))


@op("torch.inverse", "Tensor.inverse", "torch.linalg.inv", "torch.matrix_exp", takes="input")
def inverse(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    # its columns may lie one after the other
    return None if x is None else unchanged(x) if x.layout is None else duplicate(x)
