"""Operations along axes: those that remove them, and those that keep the shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    FLOATS,
    INTEGERS,
    UNSET,
    anything,
    as_tuple,
    axes,
    axis_of,
    dtype_of,
    floating,
    fresh,
    is_number,
    is_true,
    like,
    replaced,
    result,
    tensor_input,
    usual_rank,
    without,
)
from lstmcheck.infer.values import Items, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def _both(*names: str) -> list[str]:
    return [f"{owner}.{name}" for name in names for owner in ("torch", "Tensor")]


def reduced(m: Machine, x: Tensor, dim: Value, keepdim: Value, name: str) -> Shape | None:
    """The shape after reducing one axis, several, or all of them; None where that is not known."""
    kept = m.int_of(int(keepdim) if isinstance(keepdim, bool) else keepdim)
    if kept is None:
        return None
    if dim is None or (isinstance(dim, Items) and dim.whole and not dim.head):
        if kept and x.shape.rank is None:
            return None
        return closed(*(1,) * (x.shape.rank or 0)) if kept else closed()
    wanted = axes(m, dim)
    if wanted is None:
        return None
    shape, rank = x.shape, x.shape.rank
    if rank is None:
        if len(wanted) != 1:
            return None
        usual = usual_rank(x)
        return replaced(shape, wanted[0], 1, usual) if kept else without(shape, wanted[0], usual)
    found = [axis_of(m, x, axis, name) for axis in wanted]
    if rank == 0:
        return closed() if all(axis in (0, -1) for axis in wanted) else None
    if any(axis is None for axis in found) or len(set(found)) < len(found):
        return None
    if kept:
        return closed(*(1 if i in found else size for i, size in enumerate(shape.left)))
    return closed(*(size for i, size in enumerate(shape.left) if i not in found))


def _reduce(
    m: Machine, input: Value, dim: Value, keepdim: Value, name: str, dtype: Any = UNSET, function: str = ""
) -> Value | None:
    x = tensor_input(m, input, name, function or name)
    if x is None:
        return None
    shape = reduced(m, x, dim, keepdim, name)
    made = dtype(x.dtype) if callable(dtype) else dtype
    if shape is None:
        return anything(x, dtype=made)
    usual = usual_rank(x)
    return result(shape, x, dtype=made, usual=usual if is_true(keepdim) else max(usual - 1, 0))


def _widened(dtype: str | None) -> str | None:
    return "int64" if dtype in INTEGERS or dtype == "bool" else dtype


@op(*_both("sum", "nansum"), takes="input, dim=None, keepdim=False, dtype=None")
def sum_(m: Machine, input: Value, dim: Value = None, keepdim: Value = False, dtype: Value = None) -> Value | None:
    return _reduce(m, input, dim, keepdim, "sum", _widened if dtype is None else dtype_of(dtype))


@op(*_both("prod"), takes="input, dim=None, keepdim=False, dtype=None")
def prod(m: Machine, input: Value, dim: Value = None, keepdim: Value = False, dtype: Value = None) -> Value | None:
    return _reduce(m, input, dim, keepdim, "prod", _widened if dtype is None else dtype_of(dtype))


@op(*_both("mean", "nanmean"), takes="input, dim=None, keepdim=False, dtype=None")
def mean(m: Machine, input: Value, dim: Value = None, keepdim: Value = False, dtype: Value = None) -> Value | None:
    return _reduce(m, input, dim, keepdim, "mean", _float_only if dtype is None else dtype_of(dtype))


def _float_only(dtype: str | None) -> str | None:
    return dtype if dtype in FLOATS else None


@op(*_both("var", "std"), takes="input, dim=None, unbiased=True, keepdim=False, correction=None")
def var(
    m: Machine,
    input: Value,
    dim: Value = None,
    unbiased: Value = True,
    keepdim: Value = False,
    correction: Value = None,
) -> Value | None:
    axis = None if isinstance(dim, bool) else dim
    return _reduce(m, input, axis, keepdim, "var", _float_only)


@op("torch.var_mean", "torch.std_mean", takes="input, dim=None, unbiased=True, keepdim=False, correction=None")
def var_mean(
    m: Machine,
    input: Value,
    dim: Value = None,
    unbiased: Value = True,
    keepdim: Value = False,
    correction: Value = None,
) -> Value | None:
    made = var(m, input, dim, unbiased, keepdim, correction)
    return None if made is None else as_tuple(made, made)


@op(*_both("norm"), takes="input, p='fro', dim=None, keepdim=False, dtype=None")
def norm(
    m: Machine, input: Value, p: Value = "fro", dim: Value = None, keepdim: Value = False, dtype: Value = None
) -> Value | None:
    return _reduce(m, input, dim, keepdim, "norm", _float_only if dtype is None else dtype_of(dtype))


@op("torch.linalg.norm", takes="A, ord=None, dim=None, keepdim=False")
def linalg_norm(m: Machine, A: Value, ord: Value = None, dim: Value = None, keepdim: Value = False) -> Value | None:
    return _reduce(m, A, dim, keepdim, "norm", _float_only)


@op("torch.linalg.vector_norm", takes="x, ord=2, dim=None, keepdim=False")
def vector_norm(m: Machine, x: Value, ord: Value = 2, dim: Value = None, keepdim: Value = False) -> Value | None:
    return _reduce(m, x, dim, keepdim, "norm", _float_only)


@op(*_both("logsumexp"), takes="input, dim, keepdim=False")
def logsumexp(m: Machine, input: Value, dim: Value, keepdim: Value = False) -> Value | None:
    return _reduce(m, input, dim, keepdim, "logsumexp", floating)


@op(*_both("all", "any"), takes="input, dim=None, keepdim=False")
def all_(m: Machine, input: Value, dim: Value = None, keepdim: Value = False) -> Value | None:
    if isinstance(dim, Items) and dim.whole and not dim.head:
        x = m.tensor(input)
        return None if x is None else like(x, dtype="bool")  # of no axes; a sum takes none for all of them
    return _reduce(m, input, dim, keepdim, "all", "bool")


@op(*_both("count_nonzero"), takes="input, dim=None")
def count_nonzero(m: Machine, input: Value, dim: Value = None) -> Value | None:
    return _reduce(m, input, dim, False, "count_nonzero", "int64")


@op(*_both("argmax", "argmin"), takes="input, dim=None, keepdim=False")
def argmax(m: Machine, input: Value, dim: Value = None, keepdim: Value = False) -> Value | None:
    return _reduce(m, input, dim, keepdim, "argmax", "int64")


@op(*_both("amax", "amin"), takes="input, dim=(), keepdim=False")
def amax(m: Machine, input: Value, dim: Value = (), keepdim: Value = False) -> Value | None:
    return _reduce(m, input, None if dim == () else dim, keepdim, "amax")


@op(*_both("max", "min"), takes="input, dim=None, keepdim=False, other=None")
def max_(m: Machine, input: Value, dim: Value = None, keepdim: Value = False, other: Value = None) -> Value | None:
    second = dim if other is None else other
    if isinstance(second, Tensor):
        from lstmcheck.infer.torch_ops.pointwise import binary

        return binary(m, input, second)
    if isinstance(dim, Unknown) and dim.kind != "int":
        return m.fresh("max")
    return _with_indices(m, input, dim, keepdim, "max")


@op(*_both("median", "nanmedian"), takes="input, dim=None, keepdim=False")
def median(m: Machine, input: Value, dim: Value = None, keepdim: Value = False) -> Value | None:
    return _with_indices(m, input, dim, keepdim, "median")


@op(*_both("mode"), takes="input, dim=-1, keepdim=False")
def mode(m: Machine, input: Value, dim: Value = -1, keepdim: Value = False) -> Value | None:
    return _with_indices(m, input, dim, keepdim, "mode")


@op(*_both("cummax", "cummin"), takes="input, dim")
def cummax(m: Machine, input: Value, dim: Value) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    return as_tuple(like(x), like(x, "int64"))


def _with_indices(m: Machine, input: Value, dim: Value, keepdim: Value, name: str) -> Value | None:
    values = _reduce(m, input, dim, keepdim, name)
    if dim is None or values is None:
        return values
    indices = _reduce(m, input, dim, keepdim, name, "int64")
    return as_tuple(values, indices)


@op(*_both("topk"), takes="input, k, dim=-1, largest=True, sorted=True")
def topk(
    m: Machine, input: Value, k: Value, dim: Value = -1, largest: Value = True, sorted: Value = True
) -> Value | None:
    x, count = m.tensor(input), m.dim(k)
    if x is None:
        return None
    at = axis_of(m, x, dim, "topk")
    if at is None:
        return None
    shape = replaced(x.shape, at, fresh("topk") if count is None else count, usual_rank(x))
    return as_tuple(result(shape, x), result(shape, x, dtype="int64"))


@op(*_both("kthvalue"), takes="input, k, dim=-1, keepdim=False")
def kthvalue(m: Machine, input: Value, k: Value, dim: Value = -1, keepdim: Value = False) -> Value | None:
    return _with_indices(m, input, dim, keepdim, "kthvalue")


@op(*_both("sort"), takes="input, dim=-1, descending=False, stable=None")
def sort(m: Machine, input: Value, dim: Value = -1, descending: Value = False, stable: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    axis_of(m, x, -1 if isinstance(dim, bool) else dim, "sort")
    return as_tuple(like(x), like(x, "int64"))


@op(*_both("argsort"), takes="input, dim=-1, descending=False, stable=None")
def argsort(m: Machine, input: Value, dim: Value = -1, descending: Value = False, stable: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    axis_of(m, x, -1 if isinstance(dim, bool) else dim, "argsort")
    return like(x, "int64")


@op(*_both("cumsum", "cumprod"), takes="input, dim, dtype=None")
def cumsum(m: Machine, input: Value, dim: Value, dtype: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    axis_of(m, x, dim, "cumsum")
    return like(x, _widened(x.dtype) if dtype is None else dtype_of(dtype))


@op(
    *_both("softmax", "log_softmax"),
    "torch.nn.functional.softmax",
    "torch.nn.functional.log_softmax",
    "torch.nn.functional.softmin",
    takes="input, dim=None, _stacklevel=3, dtype=None",
)
def softmax(m: Machine, input: Value, dim: Value = None, _stacklevel: Value = 3, dtype: Value = None) -> Value | None:
    x = tensor_input(m, input, "softmax", "softmax", attribute="softmax")
    if x is None:
        return None
    if dim is not None:
        axis_of(m, x, dim, "softmax")
    return like(x, dtype_of(dtype) if dtype is not None else x.dtype if x.dtype in FLOATS else None)


@op("torch.nn.functional.normalize", takes="input, p=2.0, dim=1, eps=1e-12")
def normalize(m: Machine, input: Value, p: Value = 2.0, dim: Value = 1, eps: Value = 0) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    axis_of(m, x, dim, "normalize")
    return like(x, _float_only(x.dtype))


@op("torch.cosine_similarity", "torch.nn.functional.cosine_similarity", takes="x1, x2, dim=1, eps=1e-08")
def cosine_similarity(m: Machine, x1: Value, x2: Value, dim: Value = 1, eps: Value = 0) -> Value | None:
    from lstmcheck.infer.torch_ops.pointwise import binary

    both = binary(m, x1, x2, "*")
    if not isinstance(both, Tensor) or both.shape.open:
        return None
    shape = reduced(m, both, dim, False, "cosine_similarity")
    return None if shape is None else result(shape, both)


@op(
    "torch.dist",
    "torch.nn.functional.pairwise_distance",
    takes="x1, x2, p=2.0, eps=1e-06, keepdim=False",
)
def pairwise_distance(
    m: Machine, x1: Value, x2: Value, p: Value = 2.0, eps: Value = 0, keepdim: Value = False
) -> Value | None:
    return None


@op(*_both("bincount"), takes="input, weights=None, minlength=0")
def bincount(m: Machine, input: Value, weights: Value = None, minlength: Value = 0) -> Value | None:
    return Tensor(closed(fresh("bincount")), "int64" if weights is None else None)


@op("torch.numel", "Tensor.numel", "Tensor.nelement", takes="input")
def numel(m: Machine, input: Value) -> Value | None:
    from lstmcheck.infer.torch_ops.common import numel as count

    x = m.tensor(input)
    size = None if x is None else count(x.shape)
    return m.fresh("numel", kind="int") if size is None else size


@op("torch.is_tensor", takes="obj")
def is_tensor(m: Machine, obj: Value) -> Value | None:
    if isinstance(obj, Tensor) and not obj.vague:
        return True
    if isinstance(obj, Items) or is_number(obj) or obj is None or isinstance(obj, str):
        return False
    return m.fresh("is_tensor", kind="bool")


@op(*_both("equal"), takes="input, other")
def equal_(m: Machine, input: Value, other: Value) -> Value | None:
    return m.fresh("equal", kind="bool")


@op(*_both("allclose"), takes="input, other, rtol=0, atol=0, equal_nan=False")
def allclose(
    m: Machine, input: Value, other: Value, rtol: Value = 0, atol: Value = 0, equal_nan: Value = False
) -> Value | None:
    x, y = m.tensor(input), m.tensor(other)
    if x is not None and y is not None:
        broadcast(m, x, y, "allclose")
    return m.fresh("allclose", kind="bool")
