"""Elementwise operations: one tensor, or two with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    FLOATS,
    INTEGERS,
    UNSET,
    as_tuple,
    copied,
    floating,
    is_number,
    like,
    result,
    tensor_input,
    unchanged,
    usual_rank,
)
from lstmcheck.infer.values import Items, Packed, Tensor, Unknown, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
_UNARY_FLOAT = [
    "exp",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "erf",
    "reciprocal",
    "lgamma",
    "digamma",
    "logit",
    "i0",
]
_UNARY_SAME = [
    "abs",
    "neg",
    "sign",
    "round",
    "floor",
    "ceil",
    "trunc",
    "frac",
    "square",
    "positive",
    "relu",
    "nan_to_num",
]
_NO_INPLACE = {"torch": ("lgamma", "digamma", "sign", "positive"), "Tensor": ("positive",)}
_UNARY_BOOL = ["isnan", "isinf", "isfinite", "logical_not"]
_ACTIVATIONS = [
    "relu",
    "relu6",
    "elu",
    "selu",
    "celu",
    "leaky_relu",
    "rrelu",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "softsign",
    "logsigmoid",
    "hardtanh",
    "hardsigmoid",
    "hardswish",
    "tanhshrink",
    "softshrink",
    "hardshrink",
    "threshold",
    "tanh",
    "sigmoid",
]


def _each(name: str, *owners: str) -> list[str]:
    return [
        f"{owner}.{name}{tail}" for owner in owners for tail in ("", "_") if not tail or name not in _NO_INPLACE[owner]
    ]


def keep(m: Machine, input: Value, name: str) -> Value | None:
    """An elementwise function that keeps shape and dtype."""
    x = tensor_input(m, input, name, name)
    return None if x is None else like(x)


@op(*(path for name in _UNARY_FLOAT for path in _each(name, "torch", "Tensor")), takes="input, *rest")
def unary_float(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = tensor_input(m, input, "this function", "tanh")
    return None if x is None else like(x, floating(x.dtype))


@op(*(path for name in _UNARY_SAME for path in _each(name, "torch", "Tensor")), takes="input, *rest")
def unary_same(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = tensor_input(m, input, "this function", "relu")
    if x is None:
        return None
    return like(x, x.dtype if x.dtype in FLOATS or x.dtype in INTEGERS else None)


@op(*(f"{owner}.{name}" for name in _UNARY_BOOL for owner in ("torch", "Tensor")), takes="input, *rest")
def unary_bool(m: Machine, input: Value, *rest: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x, "bool")


@op("Tensor.bitwise_not", "torch.bitwise_not", takes="input")
def bitwise_not(m: Machine, input: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else like(x)


@op(
    *(f"torch.nn.functional.{name}" for name in _ACTIVATIONS),
    *(f"torch.nn.functional.{name}_" for name in ("relu", "elu", "leaky_relu")),
    takes="input, *rest, inplace=False",
)
def activation(m: Machine, input: Value, *rest: Value, inplace: Value = False) -> Value | None:
    x = tensor_input(m, input, "activation", "relu")
    return None if x is None else like(x, x.dtype if x.dtype in FLOATS else None)


@op("torch.nn.functional.prelu", "torch.prelu", takes="input, weight")
def prelu(m: Machine, input: Value, weight: Value) -> Value | None:
    return keep(m, input, "prelu")


@op(
    *(
        f"torch.nn.functional.{name}"
        for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d")
    ),
    "torch.dropout",
    takes="input, p=0.5, training=True, inplace=False",
)
def dropout(m: Machine, input: Value, p: Value = 0.5, training: Value = True, inplace: Value = False) -> Value | None:
    x = tensor_input(m, input, "dropout", "dropout")
    return None if x is None else copied(unchanged(x))


@op("torch.clamp", "torch.clip", "Tensor.clamp", "Tensor.clip", "Tensor.clamp_", takes="input, min=None, max=None")
def clamp(m: Machine, input: Value, min: Value = None, max: Value = None) -> Value | None:
    x = m.tensor(input)
    if x is None:
        return None
    if isinstance(min, (Tensor, Unknown)) or isinstance(max, (Tensor, Unknown)):
        shape = x.shape
        for bound in (min, max):
            other = m.tensor(bound) if isinstance(bound, Tensor) else None
            if other is not None:
                shape = broadcast(m, result(shape, x), other, "clamp")
        return result(shape, x, dtype=None)
    keeps = x.dtype in FLOATS or (not isinstance(min, float) and not isinstance(max, float))
    return like(x, x.dtype if keeps else None)


@op("Tensor.clamp_min", "Tensor.clamp_max", takes="input, bound")
def clamp_one(m: Machine, input: Value, bound: Value) -> Value | None:
    made: Value | None = clamp(m, input, bound)
    return made


# Two operands


_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "true_divide",
    "//": "floor_divide",
    "%": "remainder",
    "**": "pow",
}


def binary(m: Machine, a: Value, b: Value, operator: str = "") -> Value | None:
    """`a operator b` where one of the two is a tensor. Without the operator the dtype is not known."""
    for value, other in ((a, b), (b, a)):
        if isinstance(value, (Packed, Items)) and isinstance(other, Tensor):
            return None
    if is_number(a) and is_number(b):
        return None
    if is_number(a) or is_number(b):
        x, number = (m.tensor(b), a) if is_number(a) else (m.tensor(a), b)
        return None if x is None else like(x, _with_number(x, number, operator))
    x, y = m.tensor(a), m.tensor(b)
    if x is None or y is None:
        return None
    return _pair(m, x, y, operator)


def _pair(m: Machine, x: Tensor, y: Tensor, operator: str) -> Value | None:
    name = _OPERATORS.get(operator, operator or "this operation")
    shape = broadcast(m, x, y, name)
    vague = next((value for value in (x, y) if value.vague and not value.shape.left and not value.shape.right), None)
    leading = _kept_leading(x, y) if shape.open else None
    made = result(
        shape, x, y, dtype=_promoted(x, y, operator), leading=leading, usual=max(usual_rank(x), usual_rank(y))
    )
    if vague is not None and x.device != y.device:
        made.device = x.device or y.device
    return made


def _kept_leading(x: Tensor, y: Tensor) -> Tensor | None:
    """The operand whose leading sizes are the result's, where the other one surely has no more axes than it shows."""
    for a, b in ((x, y), (y, x)):
        if a.shape.open and b.shape.rank is not None and b.shape.rank <= len(a.shape.right):
            return a
    return x if x is y else None


def _with_number(x: Tensor, number: Value, operator: str) -> str | None:
    if operator in COMPARISONS:
        return "bool"
    if operator not in ARITHMETIC or x.dtype is None:
        return None
    if x.dtype in FLOATS:
        return None if isinstance(number, complex) else x.dtype
    if x.dtype in INTEGERS and isinstance(number, int) and not isinstance(number, bool):
        return "float32" if operator == "/" else x.dtype
    return None


def _promoted(x: Tensor, y: Tensor, operator: str) -> str | None:
    if operator in COMPARISONS:
        return "bool"
    if operator not in ARITHMETIC or x.dtype is None or y.dtype is None:
        return None
    if x.dtype == y.dtype and x.dtype != "bool":
        return floating(x.dtype) if operator == "/" else x.dtype
    for a, b in ((x.dtype, y.dtype), (y.dtype, x.dtype)):
        if a in FLOATS and (b in INTEGERS or b == "bool"):
            # A 0-dim tensor promotes as a number does; between categories the float wins anyway.
            return a
    for wide, narrow in ((x, y), (y, x)):
        if wide.dtype == "float64" and narrow.dtype in FLOATS and wide.shape.min_rank > 0:
            return "float64"
    return None


def _scaled(m: Machine, input: Value, other: Value, operator: str) -> Value | None:
    return binary(m, input, other, operator)


@op("torch.add", "Tensor.add", "Tensor.add_", "Tensor.__add__", takes="input, other, *, alpha=1")
def add(m: Machine, input: Value, other: Value, alpha: Value = 1) -> Value | None:
    return _scaled(m, input, other, "+" if alpha == 1 else "")


@op("torch.sub", "torch.subtract", "Tensor.sub", "Tensor.sub_", takes="input, other, *, alpha=1")
def sub(m: Machine, input: Value, other: Value, alpha: Value = 1) -> Value | None:
    return _scaled(m, input, other, "-" if alpha == 1 else "")


@op("torch.mul", "torch.multiply", "Tensor.mul", "Tensor.mul_", "Tensor.multiply", takes="input, other")
def mul(m: Machine, input: Value, other: Value) -> Value | None:
    return _scaled(m, input, other, "*")


@op(
    "torch.div",
    "torch.divide",
    "torch.true_divide",
    "Tensor.div",
    "Tensor.div_",
    "Tensor.true_divide",
    takes="input, other, rounding_mode=None",
)
def div(m: Machine, input: Value, other: Value, rounding_mode: Value = None) -> Value | None:
    return _scaled(m, input, other, "/" if rounding_mode is None else "")


@op("torch.pow", "Tensor.pow", "Tensor.pow_", takes="input, exponent")
def power(m: Machine, input: Value, exponent: Value) -> Value | None:
    return _scaled(m, input, exponent, "**")


@op(
    *(f"{owner}.{name}" for owner in ("torch", "Tensor") for name in ("maximum", "minimum", "fmod", "remainder")),
    "torch.atan2",
    "torch.floor_divide",
    "Tensor.floor_divide",
    takes="input, other",
)
def two(m: Machine, input: Value, other: Value) -> Value | None:
    return _scaled(m, input, other, "")


@op(
    *(
        f"{owner}.{name}"
        for owner in ("torch", "Tensor")
        for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor")
    ),
    takes="input, other",
)
def comparison(m: Machine, input: Value, other: Value) -> Value | None:
    return _scaled(m, input, other, "==")


@op("torch.isclose", takes="input, other, rtol=1e-05, atol=1e-08, equal_nan=False")
def isclose(
    m: Machine, input: Value, other: Value, rtol: Value = 0, atol: Value = 0, equal_nan: Value = False
) -> Value | None:
    return _scaled(m, input, other, "==")


@op("torch.lerp", "Tensor.lerp", takes="input, end, weight")
def lerp(m: Machine, input: Value, end: Value, weight: Value) -> Value | None:
    made = _scaled(m, input, end, "+")
    return made if is_number(weight) or made is None else _scaled(m, made, weight, "+")


@op("torch.addcmul", "torch.addcdiv", takes="input, tensor1, tensor2, *, value=1")
def addcmul(m: Machine, input: Value, tensor1: Value, tensor2: Value, value: Value = 1) -> Value | None:
    product = _scaled(m, tensor1, tensor2, "")
    return None if product is None else _scaled(m, input, product, "")


@op("torch.nn.functional.gumbel_softmax", takes="logits, tau=1, hard=False, eps=1e-10, dim=-1")
def gumbel_softmax(
    m: Machine, logits: Value, tau: Value = 1, hard: Value = False, eps: Value = 0, dim: Value = -1
) -> Value | None:
    return None if isinstance(tau, Tensor) else keep(m, logits, "gumbel_softmax")


@op("torch.nn.functional.glu", takes="input, dim=-1")
def glu(m: Machine, input: Value, dim: Value = -1) -> Value | None:
    from lstmcheck.infer.torch_ops.activations import halved

    x = tensor_input(m, input, "glu", "glu", attribute="dim")
    return None if x is None else halved(m, x, dim)


@op("torch.broadcast_tensors", takes="*tensors")
def broadcast_tensors(m: Machine, *tensors: Value) -> Value | None:
    parts = [m.tensor(one) for one in tensors]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    whole = result(closed())
    for part in known:
        whole = result(broadcast(m, whole, part, "broadcast_tensors"), part)
    return as_tuple(*(result(whole.shape, part, dtype=UNSET) for part in known))
