"""Activation modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.dims import floordiv, modulo
from lstmcheck.infer.torch_ops import layer, reductions
from lstmcheck.infer.torch_ops.common import argument, axis_of, class_name, need, replaced, result, usual_rank
from lstmcheck.infer.torch_ops.linear import same_shape
from lstmcheck.infer.values import Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

# class -> the function whose name torch gives in a TypeError
_SIMPLE = {
    "ReLU": "relu",
    "ReLU6": "hardtanh",
    "ELU": "elu",
    "SELU": "selu",
    "CELU": "celu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
    "LeakyReLU": "leaky_relu",
    "RReLU": "rrelu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "LogSigmoid": "log_sigmoid",
    "Hardtanh": "hardtanh",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Hardshrink": "hardshrink",
    "Softshrink": "softshrink",
    "Threshold": "threshold",
    "PReLU": "prelu",
}
_BY_METHOD = {"Softsign": "abs", "Tanhshrink": "tanh"}


@layer(*(f"torch.nn.{name}" for name in (*_SIMPLE, *_BY_METHOD)), takes="*args")
def activation(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    return same_shape(m, layer, input, _SIMPLE.get(name, ""), _BY_METHOD.get(name, ""))


@layer("torch.nn.Softmax", "torch.nn.LogSoftmax", "torch.nn.Softmin", takes="dim=None")
def softmax(m: Machine, layer: Layer, input: Value) -> Value | None:
    made: Value | None = reductions.softmax(m, input, argument(layer, "dim"))
    return made


@layer("torch.nn.Softmax2d")
def softmax2d(m: Machine, layer: Layer, input: Value) -> Value | None:
    return same_shape(m, layer, input, "softmax", "dim")


@layer("torch.nn.GLU", takes="dim=-1")
def glu(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = m.tensor(input)
    return None if x is None else halved(m, x, argument(layer, "dim", -1))


def halved(m: Machine, x: Tensor, dim: Value) -> Value | None:
    """A gated unit takes one axis apart into two halves."""
    axis = axis_of(m, x, dim, "glu")
    size = None if axis is None else x.shape.at(axis)
    if axis is None or size is None:
        return None
    odd = modulo(size, 2)
    text = f"Halving dimension must be even, but dimension {axis} is size {size}"
    need(m, "op.shape", odd, 0, "glu", text, x, axis=axis)
    return result(replaced(x.shape, axis, floordiv(size, 2), usual_rank(x)), x)
