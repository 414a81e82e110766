"""Losses: shapes that raise, and shapes that broadcast in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.dims import Dim, Verdict
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.torch_ops import layer, op
from lstmcheck.infer.torch_ops.broadcasting import broadcast
from lstmcheck.infer.torch_ops.common import (
    FLOATS,
    INTEGERS,
    anything,
    argument,
    class_name,
    differ,
    equal,
    need,
    never_one,
    result,
    tensor_input,
)
from lstmcheck.infer.values import Items, Layer, Tensor, Value

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

_WARNING = (
    "Using a target size ({target}) that is different to the input size ({input}). This will likely lead to incorrect "
    "results due to broadcasting. Please ensure they have the same size."
)
_REDUCED = ("mean", "sum", "batchmean")


def _loss(shape: Shape | None, reduction: Value, *sources: Tensor) -> Tensor:
    if reduction in _REDUCED:
        return result(closed(), *sources)
    if reduction == "none" and shape is not None:
        return result(shape, *sources)
    return anything(*sources)


# Elementwise


def elementwise(m: Machine, input: Value, target: Value, reduction: Value, name: str) -> Value | None:
    """A loss that broadcasts prediction and target, and warns when their shapes differ."""
    x, y = tensor_input(m, input, name, name, attribute="size"), tensor_input(m, target, name, name, attribute="size")
    if x is None or y is None:
        return None
    if _broadcasts(m, x, y):
        _warn(m, x, y, name)
    made = _loss(broadcast(m, x, y, name), reduction, x, y)
    if x.dtype != y.dtype and (x.dtype not in FLOATS or y.dtype in FLOATS):
        made.dtype = None  # the target may decide
    return made


def _broadcasts(m: Machine, x: Tensor, y: Tensor) -> bool:
    """Whether the shapes certainly differ and yet (as far as is known) broadcast to each other."""
    a, b = x.shape, y.shape
    if a.open or b.open or not a.left or not b.left:
        return False
    for i in range(1, min(len(a.left), len(b.left)) + 1):
        if never_one(a.left[-i], m) and never_one(b.left[-i], m) and differ(a.left[-i], b.left[-i], m):
            return False
    longer, shorter = (a.left, b.left) if len(a.left) >= len(b.left) else (b.left, a.left)
    if all(size == 1 for size in longer[: len(longer) - len(shorter)]):
        # leading axes of one element only relabel: the same numbers meet
        return any(differ(p, q, m) for p, q in zip(longer[len(longer) - len(shorter) :], shorter))
    return len(a.left) != len(b.left) or any(differ(p, q, m) for p, q in zip(a.left, b.left))


def _warn(m: Machine, x: Tensor, y: Tensor, name: str) -> None:
    role = x.role or y.role
    m.need(
        Need(
            "loss.broadcast",
            x.shape.left,
            y.shape.left,
            "never",
            subject=name,
            raises=Raises("UserWarning", _WARNING, {"target": list(y.shape.left), "input": list(x.shape.left)}),
            warns=True,
            detail={"loss": name, "input": x.shape.left, "target": y.shape.left},
        ),
        layer=role.layer if role is not None else None,
    )


_ELEMENTWISE = {
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
}


@layer("torch.nn.MSELoss", "torch.nn.L1Loss", takes="size_average=None, reduce=None, reduction='mean'")
def mse(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return elementwise(m, input, target, _reduction(layer), _ELEMENTWISE[class_name(layer)])


@layer("torch.nn.SmoothL1Loss", takes="size_average=None, reduce=None, reduction='mean', beta=1.0")
def smooth_l1(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return elementwise(m, input, target, _reduction(layer), "smooth_l1_loss")


@layer("torch.nn.HuberLoss", takes="reduction='mean', delta=1.0")
def huber(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return elementwise(m, input, target, _reduction(layer), "huber_loss")


def _reduction(layer: Layer) -> Value:
    if argument(layer, "size_average") is not None or argument(layer, "reduce") is not None:
        return None
    return argument(layer, "reduction", "mean")


_FUNCTION = "input, target, size_average=None, reduce=None, reduction='mean'"


def _functional(name: str, takes: str) -> None:
    @op(f"torch.nn.functional.{name}", takes=takes)
    def loss(m: Machine, input: Value, target: Value, *rest: Value, **named: Value) -> Value | None:
        return elementwise(m, input, target, _given_reduction(rest, named), name)


def _given_reduction(rest: tuple[Value, ...], named: dict[str, Value]) -> Value:
    old = (*rest[:2], *(named[key] for key in ("size_average", "reduce") if key in named))
    if any(value is not None for value in old):
        return None
    return rest[2] if len(rest) > 2 else named.get("reduction", "mean")


for _name in ("mse_loss", "l1_loss"):
    _functional(_name, _FUNCTION)
_functional("smooth_l1_loss", f"{_FUNCTION}, beta=1.0")


@op("torch.nn.functional.huber_loss", takes="input, target, reduction='mean', delta=1.0")
def huber_loss(m: Machine, input: Value, target: Value, reduction: Value = "mean", delta: Value = 1.0) -> Value | None:
    return elementwise(m, input, target, reduction, "huber_loss")


# Equal shapes


_BCE = (
    "Using a target size ({target}) that is different to the input size ({input}) is deprecated. Please ensure they "
    "have the same size."
)
_LOGITS = "Target size ({target}) must be the same as input size ({input})"


def equal_shapes(m: Machine, input: Value, target: Value, reduction: Value, name: str, text: str) -> Value | None:
    """A loss that raises when prediction and target do not have the same shape."""
    x, y = tensor_input(m, input, name, name, attribute="size"), tensor_input(m, target, name, name, attribute="size")
    if x is None or y is None:
        return None
    if not x.shape.open and not y.shape.open:
        fields = {"target": _size(y.shape), "input": _size(x.shape)}
        raises = Raises("ValueError", text, fields)
        if need(m, "loss.shape", x.shape.left, y.shape.left, name, raises, x if x.role else y, loss=name):
            _need_floats(m, x, y, name)
    return _loss(x.shape if not x.shape.open else None, reduction, x, y)


def _need_floats(m: Machine, x: Tensor, y: Tensor, name: str) -> None:
    """The binary losses take no integers; torch words it by the prediction's dtype."""
    if y.dtype not in INTEGERS or y.dtype not in _SCALARS or x.dtype not in (None, "float32"):
        return
    text = "Found dtype {got} but expected Float"
    if name.endswith("logits"):
        text = "result type Float can't be cast to the desired output type {got}"
    raises = Raises("RuntimeError", text, {"got": _SCALARS[y.dtype]}, exact=x.dtype is not None)
    need(m, "loss.dtype", y.dtype, FLOATS, name, raises, _source(x, y), "one of", loss=name)


def _size(shape: Shape) -> str:
    return "torch.Size([" + ", ".join(map(str, shape.left)) + "])"


@layer("torch.nn.BCELoss", takes="weight=None, size_average=None, reduce=None, reduction='mean'")
def bce(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return equal_shapes(m, input, target, _reduction(layer), "binary_cross_entropy", _BCE)


@layer(
    "torch.nn.BCEWithLogitsLoss",
    takes="weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None",
)
def bce_with_logits(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    if argument(layer, "weight") is not None or argument(layer, "pos_weight") is not None:
        return _loss(None, _reduction(layer))
    return equal_shapes(m, input, target, _reduction(layer), "binary_cross_entropy_with_logits", _LOGITS)


@op(
    "torch.nn.functional.binary_cross_entropy",
    takes="input, target, weight=None, size_average=None, reduce=None, reduction='mean'",
)
def binary_cross_entropy(
    m: Machine,
    input: Value,
    target: Value,
    weight: Value = None,
    size_average: Value = None,
    reduce: Value = None,
    reduction: Value = "mean",
) -> Value | None:
    kept = None if size_average is not None or reduce is not None else reduction
    return equal_shapes(m, input, target, kept, "binary_cross_entropy", _BCE)


@op(
    "torch.nn.functional.binary_cross_entropy_with_logits",
    takes="input, target, weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None",
)
def binary_cross_entropy_with_logits(
    m: Machine,
    input: Value,
    target: Value,
    weight: Value = None,
    size_average: Value = None,
    reduce: Value = None,
    reduction: Value = "mean",
    pos_weight: Value = None,
) -> Value | None:
    kept = None if size_average is not None or reduce is not None else reduction
    if weight is not None or pos_weight is not None:
        return _loss(None, kept)
    return equal_shapes(m, input, target, kept, "binary_cross_entropy_with_logits", _LOGITS)


# Classes


def classified(
    m: Machine, input: Value, target: Value, reduction: Value, name: str, probabilities: bool
) -> Value | None:
    """Cross entropy over axis 1 (0 without a batch); the target is a class for each other position."""
    attribute = "size" if name == "cross_entropy" else "dim"
    x = tensor_input(
        m, input, name, "cross_entropy_loss" if probabilities else name, attribute="" if probabilities else attribute
    )
    y = tensor_input(m, target, name, "cross_entropy_loss" if probabilities else name, "target", 2)
    if x is None or y is None:
        return None
    a, b = x.shape, y.shape
    if a.open or b.open or not a.left:
        return _loss(None, reduction, x, y)
    if probabilities and len(a.left) == len(b.left):
        if all(equal(p, q, m) for p, q in zip(a.left, b.left)):
            return _with_probabilities(m, x, y, reduction, name)
        if not any(differ(p, q, m) for p, q in zip(a.left, b.left)):
            return _loss(None, reduction, x, y)
    _need_classes(m, x, y, name)
    return _loss(closed() if len(a.left) == 1 else b, reduction, x)


def _with_probabilities(m: Machine, x: Tensor, y: Tensor, reduction: Value, name: str) -> Value | None:
    """A target of the input's shape is read as class probabilities: it must be a float."""
    if y.dtype in INTEGERS:
        text = "Expected floating point type for target with class probabilities, got {got}"
        raises = Raises("RuntimeError", text, {"got": _SCALARS.get(y.dtype or "", "Long")})
        need(m, "loss.dtype", y.dtype, FLOATS, name, raises, _source(x, y), "one of", loss=name)
    return _loss(closed(*x.shape.left[:1], *x.shape.left[2:]) if len(x.shape.left) > 1 else closed(), reduction, x)


_SCALARS = {
    "float32": "Float",
    "float64": "Double",
    "int64": "Long",
    "int32": "Int",
    "float16": "Half",
    "uint8": "Byte",
}
_BACKWARD = "size mismatch (got input: {input}, target: {target})"
_CLASS_DTYPES = ("int64", "uint8")
BATCH = "Expected input batch_size ({batch}) to match target batch_size ({target_batch})."
_ONE = "For 1D input, 1D target must have size 1, but got target size: {target_batch}"
_MULTI = "0D or 1D target tensor expected, multi-target not supported"
_SPATIAL = "only batches of spatial targets supported (3D tensors) but got targets of dimension: {rank}"
_SIZES = "size mismatch (got input: {input} , target: {target}"
TARGET = "Expected target size {expected}, got {target}"
_DTYPE = "expected target dtype to be Long or Byte, but got {got}"


def _source(x: Tensor, y: Tensor) -> Tensor:
    return x if x.role is not None else y


def _need_classes(m: Machine, x: Tensor, y: Tensor, name: str) -> None:
    """What torch asks of class indices, in its order."""
    a, b = x.shape.left, y.shape.left
    expected = a[:1] + a[2:] if len(a) > 1 else ()
    fields: dict[str, Any] = {
        "batch": a[0],
        "target_batch": b[0] if b else 0,
        "rank": len(b),
        "input": list(a),
        "target": list(b),
        "expected": list(expected),
    }
    found = _mistake(m, a, b, expected)
    if found is None and len(a) == 1 and len(b) == 1 and _source(x, y).role is not None and y.dtype in _CLASS_DTYPES:
        # accepted forward: the backward pass of one sample without a batch wants a 0-D target
        raises = Raises("RuntimeError", _BACKWARD, {"input": list(a), "target": list(b)})
        need(m, "loss.shape", b, (), name, raises, _source(x, y), "never", loss=name, input=a, expected=())
        return
    wrong_dtype = y.dtype in _SCALARS and y.dtype not in _CLASS_DTYPES
    if found is _ONE and wrong_dtype:
        # Without a batch torch looks at the dtype first.
        found = None
    facts: dict[str, Any] = {"loss": name, "input": a, "expected": expected}
    if found is not None:
        raises = Raises("ValueError" if found in (BATCH, _ONE) else "RuntimeError", found, fields)
        need(m, "loss.shape", b, expected, name, raises, _source(x, y), "never", facts=facts)
    elif wrong_dtype and (len(b) == len(expected) or len(a) == 1):
        raises = Raises("RuntimeError", _DTYPE, {"got": _SCALARS[y.dtype or ""]})
        need(m, "loss.dtype", y.dtype, _CLASS_DTYPES, name, raises, _source(x, y), "one of", facts=facts)


def _mistake(m: Machine, a: Sequence[Dim], b: Sequence[Dim], expected: Sequence[Dim]) -> str | None:
    if len(a) == 1:
        if len(b) > 1:
            return _MULTI
        return _ONE if b and differ(b[0], 1, m) else None
    if differ(a[0], b[0] if b else 0, m):
        return BATCH
    if not b:
        # An empty batch has as many samples as a scalar has classes here.
        return None
    wrong = any(differ(p, q, m) for p, q in zip(expected, b))
    if len(a) == 2:
        return _MULTI if len(b) > 1 else None
    if len(a) == 4:
        if len(b) != 3:
            return _SPATIAL
        return _SIZES if wrong else None
    return TARGET if wrong or len(b) != len(expected) else None


_CLASS_TAKES = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"


@layer("torch.nn.CrossEntropyLoss", takes=f"{_CLASS_TAKES}, label_smoothing=0.0")
def cross_entropy_loss(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return classified(m, input, target, _reduction(layer), "cross_entropy", True)


@layer("torch.nn.NLLLoss", "torch.nn.NLLLoss2d", takes=_CLASS_TAKES)
def nll(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return classified(m, input, target, _reduction(layer), "nll_loss", False)


@op("torch.nn.functional.cross_entropy", takes=f"input, target, {_CLASS_TAKES}, label_smoothing=0.0")
def cross_entropy(
    m: Machine,
    input: Value,
    target: Value,
    weight: Value = None,
    size_average: Value = None,
    ignore_index: Value = -100,
    reduce: Value = None,
    reduction: Value = "mean",
    label_smoothing: Value = 0.0,
) -> Value | None:
    kept = None if size_average is not None or reduce is not None else reduction
    return classified(m, input, target, kept, "cross_entropy", True)


@op("torch.nn.functional.nll_loss", takes=f"input, target, {_CLASS_TAKES}")
def nll_loss(
    m: Machine,
    input: Value,
    target: Value,
    weight: Value = None,
    size_average: Value = None,
    ignore_index: Value = -100,
    reduce: Value = None,
    reduction: Value = "mean",
) -> Value | None:
    kept = None if size_average is not None or reduce is not None else reduction
    return classified(m, input, target, kept, "nll_loss", False)


# Others: the reduced result is a scalar


@layer("torch.nn.KLDivLoss", takes="size_average=None, reduce=None, reduction='mean', log_target=False")
def kl_div_loss(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input, target)


@op("torch.nn.functional.kl_div", takes="input, target, size_average=None, reduce=None, reduction='mean'")
def kl_div(
    m: Machine,
    input: Value,
    target: Value,
    size_average: Value = None,
    reduce: Value = None,
    reduction: Value = "mean",
) -> Value | None:
    kept = None if size_average is not None or reduce is not None else reduction
    return _scalar(m, kept, input, target)


@layer(
    "torch.nn.SoftMarginLoss",
    "torch.nn.MultiLabelMarginLoss",
    takes="size_average=None, reduce=None, reduction='mean'",
)
def margin(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input, target)


@layer(
    "torch.nn.MultiLabelSoftMarginLoss",
    takes="weight=None, size_average=None, reduce=None, reduction='mean'",
)
def soft_margin(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input, target)


@layer("torch.nn.GaussianNLLLoss", takes="full=False, eps=1e-06, reduction='mean'")
def gaussian_nll(m: Machine, layer: Layer, input: Value, target: Value, var: Value) -> Value | None:
    return _scalar(m, argument(layer, "reduction", "mean"), input)


@layer(
    "torch.nn.PoissonNLLLoss",
    takes="log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
)
def poisson_nll(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input)


@layer("torch.nn.TripletMarginLoss", takes="margin=1.0, p=2.0, eps=1e-06, swap=False")
def triplet(m: Machine, layer: Layer, anchor: Value, positive: Value, negative: Value) -> Value | None:
    return _scalar(m, argument(layer, "reduction", "mean"), anchor)


@layer("torch.nn.MarginRankingLoss", takes="margin=0.0, size_average=None, reduce=None, reduction='mean'")
def ranking(m: Machine, layer: Layer, input1: Value, input2: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input1)


@layer("torch.nn.CosineEmbeddingLoss", takes="margin=0.0, size_average=None, reduce=None, reduction='mean'")
def cosine_embedding(m: Machine, layer: Layer, input1: Value, input2: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input1)


@layer("torch.nn.HingeEmbeddingLoss", takes="margin=1.0, size_average=None, reduce=None, reduction='mean'")
def hinge_embedding(m: Machine, layer: Layer, input: Value, target: Value) -> Value | None:
    return _scalar(m, _reduction(layer), input)


@layer("torch.nn.CTCLoss", takes="blank=0, reduction='mean', zero_infinity=False")
def ctc(
    m: Machine, layer: Layer, log_probs: Value, targets: Value, input_lengths: Value, target_lengths: Value
) -> Value | None:
    _ctc(m, "CTCLoss", log_probs, input_lengths, target_lengths)
    return _scalar(m, argument(layer, "reduction", "mean"), log_probs)


def _ctc(m: Machine, name: str, log_probs: Value, input_lengths: Value, target_lengths: Value) -> None:
    """CTC takes (seq_len, batch, classes) and a length for every sample."""
    x = m.tensor(log_probs)
    if x is None or x.shape.rank != 3:
        return
    batch = x.shape.left[1]
    for which, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        count = _count(m, lengths)
        if count is None:
            continue
        raises = Raises("RuntimeError", f"{which} must be of size batch_size")
        need = Need("loss.shape", (count,), (batch,), subject=which, raises=raises, detail={"input": x.shape.left})
        if m.need(need, layer=x.role.layer if x.role is not None else None) is Verdict.NE:
            return


def _count(m: Machine, lengths: Value) -> Any:
    """How many lengths are given."""
    if isinstance(lengths, Items):
        return lengths.length
    given = m.tensor(lengths) if isinstance(lengths, Tensor) else None
    return given.shape.left[0] if given is not None and given.shape.rank == 1 else None


@op(
    "torch.nn.functional.ctc_loss",
    takes="log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False",
)
def ctc_loss(
    m: Machine,
    log_probs: Value,
    targets: Value,
    input_lengths: Value,
    target_lengths: Value,
    blank: Value = 0,
    reduction: Value = "mean",
    zero_infinity: Value = False,
) -> Value | None:
    _ctc(m, "ctc_loss", log_probs, input_lengths, target_lengths)
    return _scalar(m, reduction, log_probs)


def _scalar(m: Machine, reduction: Value, *values: Value) -> Value:
    known = [x for x in (m.tensor(value) for value in values) if x is not None]
    return _loss(None, reduction, *known)
