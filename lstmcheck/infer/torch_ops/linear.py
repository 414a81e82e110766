"""Linear layers, embeddings, and modules that only rearrange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.contract.needs import Raises
from lstmcheck.infer import ranks
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import layer, op, views
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    argument,
    class_name,
    copied,
    features_need,
    fresh,
    like,
    need,
    product,
    result,
    tensor_input,
    unchanged,
    usual_rank,
    with_last,
)
from lstmcheck.infer.values import Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_MATRICES = "mat1 and mat2 shapes cannot be multiplied ({rows}x{got} and {want}x{out})"


@layer("torch.nn.Linear", takes="in_features, out_features, bias=True, device=None, dtype=None")
def linear(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "linear")
    out = m.dim(argument(layer, "out_features"))
    if x is None or out is None or x.shape.rank == 0:
        return None
    rows = "?" if x.shape.open else product(x.shape.left[:-1])
    features_need(
        m,
        x,
        argument(layer, "in_features"),
        layer,
        _MATRICES,
        fields={"rows": rows, "out": out},
        input=x.shape,
    )
    made = result(with_last(x.shape, out), x, leading=x if x.shape.open else None)
    ranks.link(made, x)
    return made


@layer("torch.nn.LazyLinear", takes="out_features, bias=True")
def lazy_linear(m: Machine, layer: Layer, input: Value) -> Value | None:
    x, out = tensor_input(m, input, class_name(layer), "linear"), m.dim(argument(layer, "out_features"))
    if x is None or out is None or x.shape.rank == 0:
        return None
    made = result(with_last(x.shape, out), x, leading=x if x.shape.open else None)
    ranks.link(made, x)
    return made


_BILINEAR = "bilinear(): input{number} size does not match weight size: got {got} but expected {want}"


@layer("torch.nn.Bilinear", takes="in1_features, in2_features, out_features, bias=True")
def bilinear(m: Machine, layer: Layer, input1: Value, input2: Value) -> Value | None:
    name = class_name(layer)
    x = tensor_input(m, input1, name, "bilinear", "input1")
    y = tensor_input(m, input2, name, "bilinear", "input2", 2)
    out = m.dim(argument(layer, "out_features"))
    if x is None or y is None or out is None or x.shape.rank == 0 or y.shape.rank == 0:
        return None
    for number, part in ((1, x), (2, y)):
        features_need(m, part, argument(layer, f"in{number}_features"), layer, _BILINEAR, fields={"number": number})
    source = y if x.shape.open and not y.shape.open else x
    return result(with_last(source.shape, out), x, y, leading=source if source.shape.open else None)


# Embeddings


@layer("torch.nn.Embedding", takes="num_embeddings, embedding_dim, padding_idx=None, max_norm=None")
def embedding(m: Machine, layer: Layer, input: Value) -> Value | None:
    ids = tensor_input(m, input, class_name(layer), "embedding", "indices", 2)
    if ids is None:
        return None
    size = m.dim(argument(layer, "embedding_dim"))
    _need_integers(m, ids, class_name(layer))
    return embedded(ids, fresh("embedding_dim") if size is None else size)


def embedded(ids: Tensor, size: Value) -> Tensor:
    """One more axis, of the embedding's size."""
    shape = ids.shape
    if not shape.open:
        return result(closed(*shape.left, size), ids, dtype="float32")
    highest = None if shape.max_rank is None else shape.max_rank + 1
    usual = max(usual_rank(ids) + 1, 3)
    made = Shape(shape.left, (*shape.right, size), True, highest)
    vectors = result(made, ids, dtype="float32", leading=ids, usual=usual)
    ranks.link(vectors, ids, 1)
    return vectors


_INDICES = (
    "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
    "{type} instead (while checking arguments for embedding)"
)
_SCALARS = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "bool": "Bool"}


def _need_integers(m: Machine, ids: Tensor, name: str) -> None:
    if ids.dtype in _SCALARS:
        kind = _SCALARS[ids.dtype]
        tensor = f"torch.{'cuda.' if ids.device == 'cuda' else ''}{kind}Tensor"
        if kind == "Bool":
            tensor = "CUDABoolType" if ids.device == "cuda" else "CPUBoolType"
        raises = Raises("RuntimeError", _INDICES, {"type": tensor})
        need(m, "layer.dtype", ids.dtype, ("int64", "int32"), name, raises, ids, "one of", layer=name)


@op("torch.nn.functional.embedding", takes="input, weight, padding_idx=None")
def functional_embedding(m: Machine, input: Value, weight: Value, padding_idx: Value = None) -> Value | None:
    ids, table = tensor_input(m, input, "embedding", "embedding", "indices", 2), m.tensor(weight)
    if ids is None or table is None:
        return None
    size = table.shape.last
    made = embedded(ids, fresh("embedding_dim") if size is None else size)
    made.dtype = table.dtype
    return made


@op("torch.nn.Embedding.from_pretrained", takes="embeddings, freeze=True, padding_idx=None")
def from_pretrained(m: Machine, embeddings: Value, freeze: Value = True, padding_idx: Value = None) -> Value | None:
    table = m.tensor(embeddings)
    if table is None:
        return None
    rows = table.size(0)
    size = table.shape.at(-1) if table.shape.at(-1) is not None else table.size(1)
    return Layer("torch.nn.Embedding", {"num_embeddings": rows, "embedding_dim": size, "padding_idx": padding_idx})


@layer(
    "torch.nn.EmbeddingBag",
    takes=(
        "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', "
        "sparse=False, _weight=None, include_last_offset=False"
    ),
)
def embedding_bag(
    m: Machine, layer: Layer, input: Value, offsets: Value = None, per_sample_weights: Value = None
) -> Value | None:
    ids, size = tensor_input(m, input, class_name(layer), "embedding_bag"), m.dim(argument(layer, "embedding_dim"))
    if ids is None or size is None:
        return None
    if ids.shape.rank == 2:
        return result(closed(ids.shape.left[0], size), ids, dtype="float32")
    bags = m.tensor(offsets) if offsets is not None else None
    last = argument(layer, "include_last_offset", False)
    if bags is not None and bags.shape.rank == 1 and isinstance(last, bool):
        return result(closed(bags.shape.left[0] - int(last), size), ids, dtype="float32")
    return result(closed(fresh("bags"), size), ids, dtype="float32")


# Modules that only rearrange


@layer("torch.nn.Identity", takes="*args")
def identity(m: Machine, layer: Layer, input: Value) -> Value | None:
    return input


@layer("torch.nn.Flatten", takes="start_dim=1, end_dim=-1")
def flatten(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "flatten", attribute="flatten")
    if x is None:
        return None
    made: Value | None = views.flatten(m, x, argument(layer, "start_dim", 1), argument(layer, "end_dim", -1))
    return made


@layer("torch.nn.Unflatten", takes="dim, unflattened_size")
def unflatten(m: Machine, layer: Layer, input: Value) -> Value | None:
    x = tensor_input(m, input, class_name(layer), "unflatten", attribute="unflatten")
    if x is None:
        return None
    made: Value | None = views.unflatten(m, x, argument(layer, "dim"), argument(layer, "unflattened_size"))
    return made


@layer("torch.nn.CosineSimilarity", takes="dim=1, eps=1e-08")
def cosine_similarity(m: Machine, layer: Layer, x1: Value, x2: Value) -> Value | None:
    from lstmcheck.infer.torch_ops.reductions import cosine_similarity as function

    made: Value | None = function(m, x1, x2, argument(layer, "dim", 1))
    return made


@layer("torch.nn.PairwiseDistance", takes="p=2.0, eps=1e-06, keepdim=False")
def pairwise_distance(m: Machine, layer: Layer, x1: Value, x2: Value) -> Value | None:
    x, y = m.tensor(x1), m.tensor(x2)
    if x is None or y is None or x.shape.open or y.shape.open or argument(layer, "keepdim", False) is not False:
        return None
    both = broadcast(m, x, y, "pairwise_distance")
    return result(closed(*both.left[:-1]), x, y) if both.left else None


# Dropout


@layer(
    *(
        f"torch.nn.{name}"
        for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
    ),
    takes="p=0.5, inplace=False",
)
def dropout(m: Machine, layer: Layer, input: Value) -> Value | None:
    name = class_name(layer)
    functions = {"AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout"}
    spatial = "dim" if name in ("Dropout1d", "Dropout2d", "Dropout3d") else ""
    x = tensor_input(m, input, name, functions.get(name, "dropout"), attribute=spatial)
    return None if x is None else copied(unchanged(x))


def same_shape(m: Machine, layer: Layer, input: Value, function: str, attribute: str = "") -> Value | None:
    """A module that keeps shape and dtype."""
    x = tensor_input(m, input, class_name(layer), function, attribute=attribute)
    return None if x is None else like(x)
