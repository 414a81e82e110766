"""Attention and transformer modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.dims import Dim, select
from lstmcheck.infer.joins import is_truth, truth_dim
from lstmcheck.infer.shapes import closed
from lstmcheck.infer.torch_ops import layer
from lstmcheck.infer.torch_ops.common import (
    anything,
    argument,
    as_tuple,
    class_name,
    need,
    result,
    tensor_input,
    unchanged,
)
from lstmcheck.infer.values import Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine


def _features(m: Machine, x: Tensor, want: Value, layer: Layer, text: str, error: str) -> bool:
    size, wanted = x.shape.last, m.dim(want)
    if size is None or wanted is None:
        return True
    raises = Raises(error, text, {"got": size, "want": wanted})
    name = class_name(layer)
    return need(m, "layer.features", size, wanted, name, raises, x, axis=-1, layer=name)


def _flag(value: Value) -> Dim | None:
    return truth_dim(value) if is_truth(value) else None


@layer(
    "torch.nn.MultiheadAttention",
    takes=(
        "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, "
        "batch_first=False"
    ),
)
def multihead_attention(
    m: Machine,
    layer: Layer,
    query: Value,
    key: Value,
    value: Value,
    key_padding_mask: Value = None,
    need_weights: Value = True,
    attn_mask: Value = None,
    average_attn_weights: Value = True,
    is_causal: Value = False,
) -> Value | None:
    q, k = tensor_input(m, query, class_name(layer), "", attribute="dim"), m.tensor(key)
    if q is None:
        return None
    text = "was expecting embedding dimension of {want}, but got {got}"
    _features(m, q, argument(layer, "embed_dim"), layer, text, "AssertionError")
    out = result(q.shape, q, leading=q if q.shape.open else None)
    weights: Value = anything(q)
    if need_weights is False:
        weights = None
    elif k is not None and average_attn_weights is True and need_weights is True:
        weights = _weights(q, k, _flag(argument(layer, "batch_first", False)), layer)
    return as_tuple(out, weights)


def _weights(q: Tensor, k: Tensor, batch_first: Dim | None, layer: Layer) -> Tensor:
    plain = argument(layer, "add_bias_kv", False) is False and argument(layer, "add_zero_attn", False) is False
    if q.shape.rank == k.shape.rank == 2 and plain:
        return result(closed(q.shape.left[0], k.shape.left[0]), q)
    if q.shape.rank == k.shape.rank == 3 and plain and batch_first is not None:
        batch = select(batch_first, q.shape.left[0], q.shape.left[1])
        targets = select(batch_first, q.shape.left[1], q.shape.left[0])
        sources = select(batch_first, k.shape.left[1], k.shape.left[0])
        return result(closed(batch, targets, sources), q)
    return anything(q)


_TAKES = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=None, layer_norm_eps=1e-05, batch_first=False, "
    "norm_first=False"
)


@layer("torch.nn.TransformerEncoderLayer", takes=_TAKES)
def encoder_layer(
    m: Machine,
    layer: Layer,
    src: Value,
    src_mask: Value = None,
    src_key_padding_mask: Value = None,
    is_causal: Value = False,
) -> Value | None:
    return _encoded(m, layer, src, argument(layer, "d_model"))


@layer("torch.nn.TransformerDecoderLayer", takes=_TAKES)
def decoder_layer(
    m: Machine,
    layer: Layer,
    tgt: Value,
    memory: Value,
    tgt_mask: Value = None,
    memory_mask: Value = None,
    tgt_key_padding_mask: Value = None,
    memory_key_padding_mask: Value = None,
    tgt_is_causal: Value = False,
    memory_is_causal: Value = False,
) -> Value | None:
    return _encoded(m, layer, tgt, argument(layer, "d_model"))


@layer("torch.nn.TransformerEncoder", takes="encoder_layer, num_layers, norm=None, enable_nested_tensor=True")
def encoder(
    m: Machine,
    layer: Layer,
    src: Value,
    mask: Value = None,
    src_key_padding_mask: Value = None,
    is_causal: Value = None,
) -> Value | None:
    return _encoded(m, layer, src, _inner_size(argument(layer, "encoder_layer")), stacked=True)


@layer("torch.nn.TransformerDecoder", takes="decoder_layer, num_layers, norm=None")
def decoder(
    m: Machine,
    layer: Layer,
    tgt: Value,
    memory: Value,
    tgt_mask: Value = None,
    memory_mask: Value = None,
    tgt_key_padding_mask: Value = None,
    memory_key_padding_mask: Value = None,
    tgt_is_causal: Value = None,
    memory_is_causal: Value = False,
) -> Value | None:
    return _encoded(m, layer, tgt, _inner_size(argument(layer, "decoder_layer")), stacked=True)


@layer("torch.nn.Transformer", takes="d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6")
def transformer(
    m: Machine,
    layer: Layer,
    src: Value,
    tgt: Value,
    src_mask: Value = None,
    tgt_mask: Value = None,
    memory_mask: Value = None,
    src_key_padding_mask: Value = None,
    tgt_key_padding_mask: Value = None,
    memory_key_padding_mask: Value = None,
    src_is_causal: Value = None,
    tgt_is_causal: Value = None,
    memory_is_causal: Value = False,
) -> Value | None:
    size = argument(layer, "d_model", 512)
    for part in (src, tgt):
        x = m.tensor(part)
        if x is not None:
            text = "the feature number of src and tgt must be equal to d_model"
            _features(m, x, size, layer, text, "RuntimeError")
    y = m.tensor(tgt)
    return None if y is None else result(y.shape, y, leading=y if y.shape.open else None)


def _inner_size(inner: Value) -> Value:
    return argument(inner, "d_model") if isinstance(inner, Layer) else None


def _encoded(m: Machine, layer: Layer, input: Value, size: Value, stacked: bool = False) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "", attribute="dtype")
    if x is None:
        return None
    if not stacked and argument(layer, "norm_first", False) is False:
        text = "was expecting embedding dimension of {want}, but got {got}"
        _features(m, x, size, layer, text, "AssertionError")
    made = unchanged(x)
    return made if made is not x else result(x.shape, x, leading=x if x.shape.open else None)
