"""Functions of torch.nn.init and torch.nn.utils, which change in place and give their argument back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import op
from lstmcheck.infer.values import Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_INITIALISERS = [
    "uniform",
    "normal",
    "trunc_normal",
    "constant",
    "ones",
    "zeros",
    "eye",
    "dirac",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "orthogonal",
    "sparse",
]


_ONLY_IN_PLACE = ("trunc_normal", "ones", "zeros")


@op(
    *(f"torch.nn.init.{name}_" for name in _INITIALISERS),
    *(f"torch.nn.init.{name}" for name in _INITIALISERS if name not in _ONLY_IN_PLACE),
    takes="tensor, *rest",
)
def initialise(m: Machine, tensor: Value, *rest: Value) -> Value | None:
    return tensor


@op("torch.nn.init.calculate_gain", takes="nonlinearity, param=None")
def calculate_gain(m: Machine, nonlinearity: Value, param: Value = None) -> Value | None:
    return m.fresh("gain", kind="float")


@op("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_norm", takes="parameters, max_norm, *rest")
def clip_grad_norm(m: Machine, parameters: Value, max_norm: Value, *rest: Value) -> Value | None:
    return Tensor(closed(), "float32")


@op("torch.nn.utils.clip_grad_value_", takes="parameters, clip_value, foreach=None")
def clip_grad_value(m: Machine, parameters: Value, clip_value: Value, foreach: Value = None) -> Value | None:
    return m.fresh("none")


@op(
    "torch.nn.utils.weight_norm",
    "torch.nn.utils.remove_weight_norm",
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.remove_spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm",
    "torch.nn.utils.parametrizations.orthogonal",
    takes="module, *rest",
)
def parametrised(m: Machine, module: Value, *rest: Value) -> Value | None:
    return module


@op("torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", takes="seed")
def manual_seed(m: Machine, seed: Value) -> Value | None:
    return m.fresh("generator")
