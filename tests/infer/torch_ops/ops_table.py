"""How to draw the arguments of every operation: a declarative table, by family."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from ops_bench import N, T

Args = SearchStrategy[tuple[list[Any], dict[str, Any]]]

small = st.integers(1, 4)
size = st.one_of(small, st.integers(0, 4))
axis = st.one_of(st.integers(-3, 2), st.integers(-5, 5))
flag = st.booleans()
FLOAT = st.just("float32")
ANY = st.sampled_from(["float32", "float32", "float64", "int64", "int32", "bool", "float16"])
REAL = st.sampled_from(["float32", "float32", "float64", "int64"])
LONG = st.just("int64")


def shapes(low: int = 0, high: int = 4) -> SearchStrategy[tuple[int, ...]]:
    return st.lists(size, min_size=low, max_size=high).map(tuple)


def tensors(low: int = 0, high: int = 4, dtype: SearchStrategy[str] = FLOAT) -> SearchStrategy[T]:
    return st.builds(T, shapes(low, high), dtype)


def args(*parts: Any, **named: Any) -> Args:
    """Positional and keyword arguments; a keyword is left out half of the time."""
    fixed = st.tuples(*parts).map(list)
    options = st.fixed_dictionaries({}, optional=named) if named else st.just({})
    return st.tuples(fixed, options)


def sizes_of(low: int = 0, high: int = 4) -> SearchStrategy[list[N]]:
    return st.lists(st.builds(N, size), min_size=low, max_size=high)


@st.composite
def star(draw: Any, first: SearchStrategy[Any] | None, rest: SearchStrategy[list[Any]], **named: Any) -> Any:
    """`f(x, 2, 3)` or `f(x, (2, 3))`."""
    values = draw(rest)
    head = [] if first is None else [draw(first)]
    tail = [draw(st.sampled_from([tuple, list]))(values)] if draw(flag) or not values else list(values)
    return head + tail, draw(st.fixed_dictionaries({}, optional=named))


# What somebody may give by mistake, or on purpose, instead of a tensor, a size or an axis.
OTHERS = ["text", None, 1.5, True, 0, -7, [], (2, 3), [T((2,)), 1], T(()), T((2, 3)), T((2, 2), "bool"), slice(0, 1)]


def with_another(data: st.DataObject, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Arguments of which one is of another kind, or one of which is left out, or one more than there are."""
    arguments, keywords = list(arguments), dict(keywords)
    at = data.draw(st.sampled_from([*range(len(arguments) + 1), *keywords]), label="at")
    if isinstance(at, str):
        keywords[at] = data.draw(st.sampled_from(OTHERS), label="other")
    elif at == 0 and data.draw(st.booleans(), label="one less"):
        arguments = arguments[:-1]
    else:
        arguments[at : at + 1] = [data.draw(st.sampled_from(OTHERS), label="other")]
    return arguments, keywords


@st.composite
def related(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts with another one, or nearly."""
    sizes = [draw(st.sampled_from([s, s, 1])) for s in shape]
    if sizes and draw(st.integers(0, 5)) == 0:
        sizes[draw(st.integers(0, len(sizes) - 1))] = draw(size)
    cut = draw(st.integers(0, len(sizes))) if draw(flag) else 0
    return tuple(sizes[cut:])


@st.composite
def pairs(draw: Any, dtype: SearchStrategy[str] = REAL, numbers: bool = True, low: int = 0) -> Any:
    shape = draw(shapes(low))
    first = T(shape, draw(dtype))
    if numbers and draw(st.integers(0, 3)) == 0:
        values: list[Any] = [first, draw(st.sampled_from([2, 2.0, 3]))]
        return values, {}
    values = [first, T(draw(related(shape)), draw(dtype))]
    return (values if draw(flag) else values[::-1]), {}


@st.composite
def same_shapes(draw: Any, count: int, low: int = 0, high: int = 3, dtype: SearchStrategy[str] = FLOAT) -> Any:
    """Tensors of one shape, one of which may be off."""
    shape = draw(shapes(low, high))
    kind = draw(dtype)
    found = [T(shape, kind) for _ in range(count)]
    if draw(st.integers(0, 3)) == 0:
        found[draw(st.integers(0, count - 1))] = T(draw(related(shape)), kind)
    return found


@st.composite
def joined(draw: Any, stacked: bool) -> Any:
    shape = draw(shapes(0 if stacked else 1, 3))
    count = draw(st.integers(1, 3))
    dim = draw(axis)
    parts = []
    for _ in range(count):
        sizes = list(shape)
        if not stacked and -len(sizes) <= dim < len(sizes):
            sizes[dim] = draw(size)
        if draw(st.integers(0, 7)) == 0 and sizes:
            sizes[draw(st.integers(0, len(sizes) - 1))] = draw(size)
        parts.append(T(tuple(sizes[1:] if draw(st.integers(0, 15)) == 0 else sizes)))
    return [draw(st.sampled_from([list, tuple]))(parts)], draw(
        st.sampled_from([{"dim": dim}, {"dim": dim}, {}] + ([] if stacked else [{"axis": dim}]))
    )


@st.composite
def viewed(draw: Any) -> Any:
    """A shape and another one of as many elements, with a -1, or an error."""
    sizes = draw(st.lists(size, min_size=0, max_size=4))
    wanted: list[Any] = list(draw(st.permutations(sizes)))
    if len(wanted) > 1 and draw(flag):
        first = wanted.pop()
        wanted[-1] *= first
    if wanted and draw(flag):
        wanted[draw(st.integers(0, len(wanted) - 1))] = draw(st.sampled_from([-1, -1, 3]))
    if draw(flag):
        wanted.insert(draw(st.integers(0, len(wanted))), 1)
    values = [one if one == -1 else N(one) for one in wanted]
    tail = [tuple(values)] if draw(flag) or not values else values
    return [T(tuple(sizes)), *tail], {}


@st.composite
def expanded(draw: Any) -> Any:
    shape = draw(shapes(0, 3))
    wanted = [draw(st.sampled_from([-1, s, s if s != 1 else draw(size)])) for s in shape]
    wanted = [draw(size) for _ in range(draw(st.integers(0, 2)))] + wanted
    values = [one if one == -1 else N(one) for one in wanted]
    return [T(shape), *([tuple(values)] if draw(flag) or not values else values)], {}


@st.composite
def permuted(draw: Any) -> Any:
    shape = draw(shapes(1, 4))
    order = draw(st.permutations(list(range(len(shape)))))
    order = [i - len(shape) if draw(flag) else i for i in order]
    if draw(st.integers(0, 7)) == 0:
        order = order[1:]
    return [T(shape), *([tuple(order)] if draw(flag) or not order else order)], {}


@st.composite
def moved(draw: Any) -> Any:
    shape = draw(shapes(1, 4))
    count = draw(st.integers(1, len(shape)))
    axes = st.lists(st.integers(-len(shape), len(shape) - 1), min_size=count, max_size=count)
    if count == 1 and draw(flag):
        return [T(shape), draw(axes)[0], draw(axes)[0]], {}
    return [T(shape), tuple(draw(axes)), tuple(draw(axes))], {}


@st.composite
def matrices(draw: Any, batches: int | None = None) -> Any:
    """Two factors that fit, or nearly."""
    rows, inner, columns = draw(small), draw(small), draw(small)
    other = draw(st.sampled_from([inner, inner, inner, draw(small)]))
    if batches is None:
        batch = draw(shapes(0, 2))
        first = draw(st.sampled_from([(*batch, rows, inner), (inner,), (rows, inner)]))
        more = draw(related(batch))
        second = draw(st.sampled_from([(*more, other, columns), (other,), (other, columns)]))
        return [T(first), T(second)], {}
    batch = tuple(draw(small) for _ in range(batches))
    more = draw(st.sampled_from([batch, batch, draw(shapes(batches, batches))]))
    return [T((*batch, rows, inner)), T((*more, other, columns))], {}


@st.composite
def added(draw: Any, batches: int) -> Any:
    (x, y), _ = draw(matrices(batches))
    return [T((*x.shape[:-1], y.shape[-1])), x, y], {}


@st.composite
def weighted(draw: Any) -> Any:
    x = draw(tensors(1, 4))
    want = draw(st.sampled_from([x.shape[-1], x.shape[-1], draw(small)]))
    return [x, T((draw(small), want))], {}


@st.composite
def summed(draw: Any) -> Any:
    sizes = {letter: draw(small) for letter in "abcd"}
    terms = draw(st.lists(st.text("abcd", min_size=1, max_size=3), min_size=1, max_size=3))
    letters = sorted(set("".join(terms)))
    output = "".join(draw(st.lists(st.sampled_from(letters), unique=True, max_size=3)))
    equation = ",".join(terms) + draw(st.sampled_from([f"->{output}", ""]))
    parts = [T(tuple(draw(st.sampled_from([sizes[x]] * 7 + [draw(small)])) for x in term)) for term in terms]
    return [equation, *parts], {}


@st.composite
def keyed(draw: Any) -> Any:
    """A tensor and a subscript."""
    shape = draw(shapes(0, 4))
    bound = st.one_of(st.none(), st.integers(-4, 5), st.sampled_from(shape or (1,)).map(N))
    part = st.one_of(
        st.integers(-2, 1),
        st.just(slice(None)),
        st.just(slice(None)),
        st.builds(slice, bound, bound, st.one_of(st.none(), st.integers(1, 2))),
        st.none(),
        st.just(Ellipsis),
        st.lists(st.integers(0, 1), min_size=1, max_size=3),
        st.builds(T, shapes(0, 2), st.just("int64")),
        st.integers(0, 3),
    )
    if draw(st.integers(0, 9)) == 0:
        return [T(shape), T(shape[: draw(st.integers(0, len(shape)))], "bool")], {}
    if draw(flag):
        return [T(shape), draw(part)], {}
    return [T(shape), tuple(draw(st.lists(part, min_size=1, max_size=4)))], {}


@st.composite
def gathered(draw: Any) -> Any:
    shape = draw(shapes(0, 3))
    index = draw(st.sampled_from([shape, tuple(draw(st.integers(0, max(s, 0))) for s in shape), draw(shapes(0, 3))]))
    return [T(shape), draw(axis), T(index, "int64")], {}


@st.composite
def chunks(draw: Any) -> Any:
    return [draw(tensors(0, 3)), draw(st.integers(1, 5))], draw(st.sampled_from([{}, {"dim": draw(axis)}]))


@st.composite
def sections(draw: Any) -> Any:
    x = draw(tensors(1, 3))
    dim = draw(st.integers(0, len(x.shape) - 1))
    parts = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    if draw(flag):
        parts[-1] = max(0, x.shape[dim] - sum(parts[:-1]))
    return [x, draw(st.sampled_from([N(draw(small)), [N(p) for p in parts]]))], {"dim": dim}


@st.composite
def repeated(draw: Any) -> Any:
    x = draw(tensors(0, 3))
    times = draw(st.lists(st.integers(0, 3), min_size=max(0, len(x.shape) - 1), max_size=len(x.shape) + 1))
    values = [N(t) for t in times]
    return [x, *([tuple(values)] if draw(flag) or not values else values)], {}


@st.composite
def padded(draw: Any) -> Any:
    x = draw(tensors(1, 4))
    count = draw(st.integers(1, len(x.shape)))
    return [x, tuple(draw(st.integers(-1, 2)) for _ in range(2 * count))], {}


@st.composite
def filtered(draw: Any, count: int) -> Any:
    channels, out = draw(small), draw(small)
    spatial = tuple(draw(st.integers(1, 5)) for _ in range(count))
    batch = draw(st.sampled_from([(), (draw(small),)]))
    return [T((*batch, channels, *spatial)), T((out, channels, *(draw(st.integers(1, 2)) for _ in range(count))))], {}


@st.composite
def predictions(draw: Any, dtype: str = "float32", equal: bool = False) -> Any:
    shape = draw(shapes(0, 3))
    other = draw(st.sampled_from([shape, shape, draw(related(shape))]))
    named = {"reduction": st.sampled_from(["mean", "sum", "none"])}
    return [T(shape), T(other, dtype)], draw(st.fixed_dictionaries({}, optional=named))


@st.composite
def classes(draw: Any, probabilities: bool) -> Any:
    batch, count = draw(small), draw(small)
    rest = draw(shapes(0, 2))
    shape = draw(st.sampled_from([(batch, count, *rest), (count,)]))
    right = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = draw(st.sampled_from([right, right, shape, draw(related(shape)), draw(shapes(0, 3))]))
    kind = draw(st.sampled_from(["int64", "int64", "float32"])) if probabilities else "int64"
    named = {"reduction": st.sampled_from(["mean", "sum", "none"])}
    return [T(shape), T(target, kind)], draw(st.fixed_dictionaries({}, optional=named))


@st.composite
def batches(draw: Any) -> Any:
    """A padded batch with its lengths."""
    steps, batch, features = draw(small), draw(small), draw(small)
    first = draw(flag)
    count = draw(st.sampled_from([batch, batch, draw(small)]))
    lengths = [draw(st.integers(1, steps)) for _ in range(count)]
    if draw(st.integers(0, 3)):
        lengths = sorted(lengths, reverse=True)
        lengths[0] = steps
    shape = (batch, steps, features) if first else (steps, batch, features)
    named = {"batch_first": first} if first or draw(flag) else {}
    order = draw(st.sampled_from([{}, {"enforce_sorted": False}]))
    return [T(shape), lengths], {**named, **order}


@st.composite
def sequences(draw: Any) -> Any:
    rest = draw(shapes(0, 2))
    parts = [T((draw(small), *rest)) for _ in range(draw(st.integers(1, 3)))]
    return [parts], draw(st.sampled_from([{}, {"batch_first": True}, {"batch_first": False}]))


nested = st.recursive(
    st.one_of(st.integers(0, 3), st.floats(0, 1), flag), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)
dtypes = st.sampled_from([torch.float32, torch.int64, torch.bool, torch.float64])
new = {"dtype": dtypes, "device": st.just("cpu")}
reduce_ = args(
    tensors(0, 4), st.one_of(axis, st.lists(st.integers(-3, 2), min_size=1, max_size=2).map(tuple)), keepdim=flag
)
reduce_one = args(tensors(0, 4), dim=axis, keepdim=flag)
reductions = st.one_of(args(tensors(0, 4, REAL)), reduce_)
unary = args(tensors(0, 4, ANY))
unary_float = args(tensors(0, 4))
windows = {
    "stride": st.integers(1, 2),
    "padding": st.integers(0, 1),
    "ceil_mode": flag,
}

# The first path of an entry names it; every path of the entry is tried.
OPS_TABLE: dict[str, Args] = {
    # reductions
    "torch.sum": reductions,
    "torch.prod": st.one_of(args(tensors(0, 4, REAL)), reduce_one.filter(lambda drawn: "dim" in drawn[1])),
    "torch.mean": reductions,
    "torch.var": reductions,
    "torch.var_mean": reductions,
    "torch.norm": args(tensors(0, 4), dim=axis, keepdim=flag),
    "torch.linalg.norm": args(tensors(0, 2), dim=axis, keepdim=flag),
    "torch.linalg.vector_norm": args(tensors(0, 4), dim=axis, keepdim=flag),
    "torch.logsumexp": reduce_,
    "torch.all": st.one_of(args(tensors(0, 4, ANY)), args(tensors(0, 4, ANY), axis, keepdim=flag)),
    "torch.count_nonzero": args(tensors(0, 4), dim=axis),
    "torch.argmax": reduce_one,
    "torch.amax": reductions,
    "torch.max": st.one_of(
        args(tensors(0, 4)), args(tensors(0, 4), axis, keepdim=flag), pairs(numbers=False, dtype=FLOAT)
    ),
    "torch.median": st.one_of(args(tensors(0, 4)), args(tensors(0, 4), axis, keepdim=flag)),
    "torch.mode": args(tensors(0, 4), dim=axis, keepdim=flag),
    "torch.cummax": args(tensors(0, 4), axis),
    "torch.topk": args(tensors(0, 4), st.builds(N, st.integers(0, 4)), dim=axis),
    "torch.kthvalue": args(tensors(0, 4), st.integers(1, 3), dim=axis, keepdim=flag),
    "torch.sort": args(tensors(0, 4), dim=axis, descending=flag),
    "torch.argsort": args(tensors(0, 4), dim=axis, descending=flag),
    "torch.cumsum": args(tensors(0, 4, REAL), axis, dtype=dtypes),
    "torch.softmax": args(tensors(0, 4), axis),
    "torch.nn.functional.normalize": args(tensors(0, 4), dim=axis),
    "torch.cosine_similarity": st.tuples(pairs(numbers=False, dtype=FLOAT), axis).map(lambda d: ([*d[0][0], d[1]], {})),
    "torch.bincount": args(tensors(1, 1, LONG)),
    "torch.numel": unary,
    "torch.is_tensor": unary,
    "torch.equal": pairs(numbers=False, dtype=FLOAT),
    "torch.allclose": pairs(numbers=False, dtype=FLOAT),
    # views
    "torch.reshape": viewed(),
    "Tensor.view_as": st.tuples(shapes(0, 3), shapes(0, 3), flag).map(
        lambda d: ([T(d[0]), T(tuple(reversed(d[0])) if d[2] else d[1])], {})
    ),
    "torch.flatten": args(tensors(0, 4), start_dim=axis, end_dim=axis),
    "torch.ravel": args(tensors(0, 4)),
    "torch.unflatten": st.tuples(viewed(), axis).map(
        lambda d: ([T((*d[0][0][0].shape[:2], 6)), -1, (2, 3)], {}) if d[1] % 2 else ([T((4, 3)), 0, (N(2), -1)], {})
    ),
    "torch.transpose": args(tensors(0, 4), axis, axis),
    "torch.permute": permuted(),
    "torch.t": args(tensors(0, 3)),
    "Tensor.T": args(tensors(0, 2)),
    "Tensor.mT": args(tensors(0, 4)),
    "torch.movedim": moved(),
    "torch.unsqueeze": args(tensors(0, 4), axis),
    "torch.squeeze": st.one_of(args(tensors(0, 4)), args(tensors(0, 4), axis), args(tensors(1, 4), st.just((0, -1)))),
    "Tensor.expand": expanded(),
    "Tensor.expand_as": st.tuples(shapes(0, 3), shapes(0, 2)).flatmap(
        lambda d: related(d[0]).map(lambda s: ([T(s), T((*d[1], *d[0]))], {}))
    ),
    "Tensor.unfold": args(tensors(0, 3), axis, st.integers(0, 3), st.integers(1, 2)),
    "torch.atleast_1d": unary_float,
    "torch.atleast_2d": unary_float,
    "torch.atleast_3d": unary_float,
    "torch.diag": args(tensors(1, 2), diagonal=st.integers(-2, 2)),
    "torch.tril": args(tensors(0, 3), diagonal=st.integers(-1, 1)),
    # creation
    "torch.zeros": star(None, sizes_of(), **new),
    "torch.Tensor": st.one_of(
        star(None, sizes_of(1)).filter(lambda d: not isinstance(d[0][0], (list, tuple))), args(nested)
    ),
    "torch.LongTensor": args(st.lists(st.integers(0, 4), max_size=3)),
    "torch.full": args(sizes_of().map(tuple), st.sampled_from([1, 1.0, True]), **new),
    "torch.randint": args(st.just(0), st.just(5), sizes_of().map(tuple), **new),
    "torch.randperm": args(st.builds(N, size)),
    "torch.eye": args(st.builds(N, size), m=st.builds(N, size)),
    "torch.linspace": args(st.just(0), st.just(1), st.builds(N, size)),
    "torch.arange": st.one_of(
        args(st.builds(N, size)),
        args(st.builds(N, size), st.builds(N, st.integers(0, 9)), st.integers(1, 3)),
        args(st.floats(0, 3), st.floats(3, 5)),
    ),
    "torch.tensor": args(nested, **new),
    "torch.as_tensor": args(st.one_of(nested, tensors(0, 3)), **new),
    "torch.scalar_tensor": args(st.just(1.0)),
    "torch.zeros_like": args(tensors(0, 4), **new),
    "torch.full_like": args(tensors(0, 4), st.just(1), **new),
    "torch.randint_like": args(tensors(0, 4), st.just(5)),
    "Tensor.new_zeros": star(tensors(0, 2, REAL), sizes_of(), **new),
    "Tensor.new_full": args(tensors(0, 2, REAL), sizes_of().map(tuple), st.just(1), **new),
    "Tensor.new_tensor": args(tensors(0, 2), nested, **new),
    "Tensor.new": star(tensors(0, 2), sizes_of(2)).filter(lambda d: not isinstance(d[0][1], (list, tuple))),
    "torch.nn.Parameter": args(tensors(0, 4)),
    "torch.autograd.Variable": args(tensors(0, 4)),
    "torch.normal": st.one_of(
        args(st.just(0.0), st.just(1.0), sizes_of(1).map(tuple)), args(tensors(0, 3), st.just(1.0))
    ),
    "torch.bernoulli": args(tensors(0, 4)),
    "torch.multinomial": args(tensors(1, 2), st.builds(N, small), st.just(True)),
    "torch.nn.functional.one_hot": args(tensors(0, 3, LONG), num_classes=st.builds(N, small)),
    "torch.tril_indices": args(st.integers(0, 3), st.integers(0, 3)),
    # indexing
    "getitem": keyed(),
    "torch.select": args(tensors(0, 3), axis, st.integers(-2, 2)),
    "torch.narrow": args(tensors(0, 3), axis, st.integers(0, 1), st.builds(N, st.integers(0, 3))),
    "torch.index_select": args(tensors(0, 3), axis, tensors(0, 1, LONG)),
    "torch.gather": gathered(),
    "torch.take_along_dim": st.tuples(gathered()).map(lambda d: ([d[0][0][0], d[0][0][2], d[0][0][1]], {})),
    "torch.masked_select": st.tuples(pairs(numbers=False)).map(
        lambda d: ([T(d[0][0][0].shape), T(d[0][0][1].shape, "bool")], {})
    ),
    "torch.masked_fill": st.tuples(pairs(numbers=False)).map(
        lambda d: ([T(d[0][0][0].shape), T(d[0][0][1].shape, "bool"), 0.0], {})
    ),
    "torch.where": st.tuples(pairs(), flag).map(
        lambda d: ([T(d[0][0][0].shape, "bool") if isinstance(d[0][0][0], T) else T((), "bool"), *d[0][0]], {})
    ),
    "Tensor.where": st.tuples(pairs(numbers=False)).map(
        lambda d: ([d[0][0][0], T(d[0][0][1].shape, "bool"), d[0][0][1]], {})
    ),
    "torch.nonzero": args(tensors(0, 4)),
    "torch.take": args(tensors(1, 3), tensors(0, 3, LONG)),
    "torch.diagonal": args(tensors(2, 4), offset=st.integers(-2, 2), dim1=axis, dim2=axis),
    # joining
    "torch.cat": joined(stacked=False),
    "torch.stack": joined(stacked=True),
    "torch.hstack": joined(stacked=False).map(lambda d: (d[0], {})),
    "torch.vstack": joined(stacked=False).map(lambda d: (d[0], {})),
    "torch.chunk": chunks(),
    "torch.split": sections(),
    "torch.unbind": args(tensors(0, 4), dim=axis),
    "Tensor.repeat": repeated(),
    "torch.tile": repeated(),
    "torch.repeat_interleave": args(tensors(0, 3), st.builds(N, st.integers(0, 3)), dim=axis),
    "torch.flip": args(tensors(0, 4), st.lists(axis, max_size=2, unique=True).map(tuple)),
    "torch.roll": args(tensors(0, 4), st.just(1)),
    "torch.meshgrid": st.tuples(st.lists(tensors(1, 1), min_size=1, max_size=3), st.sampled_from(["ij", "xy"])).map(
        lambda d: (d[0], {"indexing": d[1]})
    ),
    # pointwise
    "torch.exp": unary,
    "torch.abs": unary,
    "torch.isnan": unary,
    "Tensor.bitwise_not": args(tensors(0, 4, st.sampled_from(["int64", "bool"]))),
    "torch.nn.functional.relu": unary_float,
    "torch.nn.functional.prelu": args(tensors(0, 4), st.just(T((1,)))),
    "torch.nn.functional.dropout": unary_float,
    "torch.clamp": args(tensors(0, 4, REAL), st.sampled_from([0, 0.0]), max=st.sampled_from([1, 1.0])),
    "Tensor.clamp_min": args(tensors(0, 4, REAL), st.sampled_from([0, 0.0])),
    "torch.add": pairs(),
    "torch.sub": pairs(),
    "torch.mul": pairs(),
    "torch.div": pairs(),
    "torch.pow": pairs(),
    "torch.maximum": pairs(numbers=False),
    "torch.eq": pairs(),
    "torch.isclose": pairs(numbers=False, dtype=FLOAT),
    "torch.lerp": st.tuples(pairs(numbers=False, dtype=FLOAT)).map(lambda d: ([*d[0][0], 0.5], {})),
    "torch.addcmul": st.tuples(pairs(numbers=False, dtype=FLOAT), tensors(0, 2)).map(lambda d: ([d[1], *d[0][0]], {})),
    "torch.nn.functional.gumbel_softmax": args(tensors(1, 4)),
    "torch.nn.functional.glu": args(tensors(0, 4), dim=axis),
    "torch.broadcast_tensors": pairs(numbers=False),
    # matrix
    "torch.matmul": matrices(),
    "torch.mm": matrices(0),
    "torch.bmm": st.one_of(matrices(1), matrices(1), matrices(0)),
    "torch.baddbmm": added(1),
    "torch.addmm": added(0),
    "torch.mv": args(tensors(2, 2), tensors(1, 1)),
    "torch.dot": args(tensors(1, 1), tensors(1, 1)),
    "torch.outer": args(tensors(1, 1), tensors(1, 1)),
    "torch.nn.functional.linear": weighted(),
    "torch.einsum": summed(),
    "torch.tensordot": matrices(0).map(lambda d: (d[0], {"dims": 1})),
    "torch.cdist": st.tuples(matrices(1), small).map(
        lambda d: ([d[0][0][0], T((*d[0][0][1].shape[:-1], d[0][0][0].shape[-1]))], {})
    ),
    "torch.nn.functional.scaled_dot_product_attention": st.lists(small, min_size=6, max_size=6).map(
        lambda d: ([T((d[0], d[1], d[2])), T((d[0], d[3], d[2])), T((d[0], d[3], d[4]))], {})
    ),
    "torch.inverse": small.map(lambda n: ([T((n, n))], {})),
    # casts
    "Tensor.float": unary,
    "Tensor.double": unary,
    "Tensor.half": unary,
    "Tensor.bfloat16": unary,
    "Tensor.long": unary,
    "Tensor.int": unary,
    "Tensor.short": unary,
    "Tensor.byte": unary,
    "Tensor.bool": unary,
    "Tensor.to": args(tensors(0, 4, ANY), st.one_of(dtypes, st.just("cpu"), tensors(0, 2, ANY))),
    "Tensor.cpu": unary,
    "Tensor.type_as": args(tensors(0, 4, ANY), tensors(0, 1, ANY)),
    "Tensor.type": args(tensors(0, 4, ANY), st.one_of(dtypes, st.just("torch.LongTensor"))),
    "Tensor.contiguous": unary,
    "torch.clone": unary,
    "torch.detach": unary,
    "Tensor.size": st.one_of(args(tensors(0, 4)), args(tensors(0, 4), axis)),
    "Tensor.dim": unary,
    "Tensor.__len__": args(tensors(1, 4)),
    "Tensor.tolist": args(tensors(0, 2, LONG)),
    "torch.combinations": args(tensors(1, 1)),
    # convolution, pooling, padding
    "torch.conv1d": st.integers(1, 3).flatmap(filtered),
    "torch.max_pool1d": args(tensors(1, 3), st.integers(1, 3), **windows),
    "torch.nn.functional.max_pool2d": args(tensors(2, 4), st.integers(1, 3), **windows),
    "torch.nn.functional.avg_pool1d": args(tensors(1, 3), st.integers(1, 3), **windows),
    "torch.nn.functional.avg_pool2d": args(tensors(2, 4), st.integers(1, 3), **windows),
    "torch.nn.functional.adaptive_avg_pool1d": args(tensors(1, 4), st.builds(N, small)),
    "torch.nn.functional.adaptive_max_pool1d": args(tensors(1, 4), st.builds(N, small)),
    "torch.nn.functional.adaptive_avg_pool2d": args(tensors(2, 4), st.one_of(st.builds(N, small), st.just((2, None)))),
    "torch.nn.functional.interpolate": st.one_of(
        args(tensors(3, 4), scale_factor=st.integers(1, 2)), args(tensors(3, 4), size=st.builds(N, small))
    ),
    "torch.nn.functional.pad": padded(),
    # embeddings, losses, packing, utilities
    "torch.nn.functional.embedding": args(tensors(0, 3, LONG), st.builds(T, st.tuples(small, small))),
    "torch.nn.functional.mse_loss": predictions(),
    "torch.nn.functional.l1_loss": predictions(),
    "torch.nn.functional.smooth_l1_loss": predictions(),
    "torch.nn.functional.huber_loss": predictions(),
    "torch.nn.functional.binary_cross_entropy": predictions(),
    "torch.nn.functional.binary_cross_entropy_with_logits": predictions(),
    "torch.nn.functional.cross_entropy": classes(True),
    "torch.nn.functional.nll_loss": classes(False),
    "torch.nn.functional.kl_div": predictions(),
    "torch.nn.utils.rnn.pack_padded_sequence": batches(),
    "torch.nn.utils.rnn.pack_sequence": sequences().map(lambda d: (d[0], {"enforce_sorted": False})),
    "torch.nn.utils.rnn.pad_sequence": sequences(),
    "torch.nn.init.uniform_": args(tensors(2, 3)),
}

# Operations without shapes, or that need what the bench has not (a graph, a GPU, an array, a module).
NOT_DRAWN: dict[str, str] = {
    "torch.stft": "complex results",
    **{f"einops.{name}": "held against einops in test_einops" for name in ("rearrange", "repeat", "reduce", "einsum")},
    "torch.dist": "claims nothing",
    "torch.view_as_real": "complex numbers",
    "torch.nn.Embedding.from_pretrained": "gives a module",
    "Tensor.cuda": "needs a GPU",
    "torch.cuda.FloatTensor": "needs a GPU",
    "torch.cuda.LongTensor": "needs a GPU",
    "torch.manual_seed": "no tensor",
    "Tensor.numpy": "gives an array",
    "Tensor.item": "gives a number",
    "Tensor.stride": "no tensor",
    "Tensor.is_contiguous": "no tensor",
    "Tensor.backward": "needs a graph",
    "Tensor.get_device": "no tensor",
    "torch.from_numpy": "takes an array",
    "torch.device": "no tensor",
    "Tensor.masked_fill_": "in-place forms with different arguments each, one shape function: its input",
    "torch.scatter": "forms with different arguments each, one shape function: its input",
    "torch.nn.functional.ctc_loss": "a scalar, with four coupled arguments",
    "torch.nn.functional.layer_norm": "forms with different arguments each, one shape function: its input",
    "torch.nn.utils.rnn.pad_packed_sequence": "takes a PackedSequence: test_idioms.py",
    "torch.nn.utils.rnn.unpad_sequence": "test_idioms.py",
    "torch.nn.utils.rnn.PackedSequence": "gives a PackedSequence: the examples of LSTM411",
    "torch.nn.init.calculate_gain": "no tensor",
    "torch.nn.utils.clip_grad_norm_": "takes parameters",
    "torch.nn.utils.clip_grad_value_": "takes parameters",
    "torch.nn.utils.weight_norm": "gives its module back",
}

# Modules: how to build one, and what to call it with.

Made = SearchStrategy[tuple[tuple[list[Any], dict[str, Any]], tuple[list[Any], dict[str, Any]]]]


def module(built: Args, called: Args) -> Made:
    return st.tuples(built, called)


@st.composite
def featured(draw: Any, low: int, high: int, place: int = -1, build: Any = None, sizes: Any = size) -> Any:
    """A module built for the size of one axis of its input, or nearly."""
    x = T(tuple(draw(st.lists(sizes, min_size=low, max_size=high))))
    got = x.shape[place] if -len(x.shape) <= place < len(x.shape) else 1
    want = draw(st.sampled_from([got, got, got, draw(small)]))
    return build(draw, max(want, 1)), ([x], {})


def plain(low: int = 0, high: int = 4, **options: Any) -> Made:
    return module(args(**options) if options else st.just(([], {})), args(tensors(low, high)))


@st.composite
def convolved(draw: Any, count: int, transposed: bool = False) -> Any:
    channels, out = draw(small), draw(small)
    got = draw(st.sampled_from([channels] * 4 + [draw(small)]))
    spatial = tuple(draw(st.integers(1, 6)) for _ in range(count))
    batch = draw(st.sampled_from([(), (draw(size),), (2, 2)]))
    shape = draw(st.sampled_from([(*batch, got, *spatial)] * 5 + [(got,)]))
    named: dict[str, Any] = {"stride": st.integers(1, 2), "padding": st.integers(0, 1), "dilation": st.integers(1, 2)}
    if not transposed:
        named["padding"] = st.sampled_from([0, 1, "valid"])
    options = draw(st.fixed_dictionaries({}, optional=named))
    if not transposed and draw(st.integers(0, 5)) == 0:
        options = {"padding": "same"}
    kernel = draw(st.one_of(st.integers(1, 3), st.just(tuple(1 + i % 2 for i in range(count)))))
    return ([N(channels), N(out), kernel], options), ([T(shape)], {})


@st.composite
def attended(draw: Any) -> Any:
    heads, width = draw(st.integers(1, 2)), draw(small)
    embed = heads * width
    batch, target, source = draw(small), draw(small), draw(small)
    first = draw(flag)
    got = draw(st.sampled_from([embed] * 5 + [embed + 1]))
    if draw(st.integers(0, 4)) == 0:
        q, k = T((target, got)), T((source, got))
    elif first:
        q, k = T((batch, target, got)), T((batch, source, got))
    else:
        q, k = T((target, batch, got)), T((source, batch, got))
    options = {"batch_first": True} if first else {}
    call = draw(st.fixed_dictionaries({}, optional={"need_weights": flag, "average_attn_weights": flag}))
    return ([N(embed), heads], options), ([q, k, k], call)


@st.composite
def transformed(draw: Any, two: bool) -> Any:
    width, first = 2 * draw(small), draw(flag)
    batch, target, source = draw(small), draw(small), draw(small)
    got = draw(st.sampled_from([width] * 5 + [width + 2]))
    x = T((batch, target, got) if first else (target, batch, got))
    y = T((batch, source, got) if first else (source, batch, got))
    return ([N(width), 2], {"dim_feedforward": 4, "batch_first": first}), ([x, y] if two else [x], {})


def losses(drawn: Args) -> Made:
    return drawn.map(lambda d: (([], d[1]), (d[0], {})))


def pool(low: int, high: int, **more: Any) -> Made:
    return module(args(st.integers(1, 3), **windows, **more), args(tensors(low, high)))


LAYERS_TABLE: dict[str, Made] = {
    "torch.nn.Linear": featured(
        0, 4, -1, lambda draw, n: ([N(n), N(draw(small))], draw(st.sampled_from([{}, {"bias": False}])))
    ),
    "torch.nn.Bilinear": st.tuples(small, small, small, shapes(0, 2), flag).map(
        lambda d: (
            ([N(d[0]), N(d[1]), N(d[2])], {}),
            ([T((*d[3], d[0])), T((*d[3], d[1] if d[4] else d[0]))], {}),
        )
    ),
    "torch.nn.LazyLinear": module(args(st.builds(N, small)), args(tensors(1, 4))),
    "torch.nn.Embedding": module(
        args(st.just(5), st.builds(N, small)),
        args(tensors(0, 3, st.sampled_from(["int64", "int64", "int32", "float32", "bool"]))),
    ),
    "torch.nn.EmbeddingBag": module(args(st.just(5), st.builds(N, small)), args(tensors(2, 2, LONG))),
    "torch.nn.Identity": plain(),
    "torch.nn.Flatten": plain(start_dim=axis, end_dim=axis),
    "torch.nn.Unflatten": module(
        st.just(([1, (N(2), N(3))], {})), args(st.sampled_from([T((4, 6)), T((4, 6, 2)), T((2, 5))]))
    ),
    "torch.nn.CosineSimilarity": module(args(dim=axis), pairs(numbers=False, dtype=FLOAT)),
    "torch.nn.PairwiseDistance": module(args(), pairs(numbers=False, dtype=FLOAT, low=1)),
    "torch.nn.Dropout": plain(),
    "torch.nn.ReLU": plain(),
    "torch.nn.Threshold": module(st.just(([0, 0], {})), args(tensors(0, 4))),
    "torch.nn.Softmax": module(st.one_of(args(axis)), args(tensors(0, 4))),
    "torch.nn.Softmax2d": plain(3, 4),
    "torch.nn.GLU": plain(dim=axis),
    "torch.nn.BatchNorm1d": featured(
        1, 5, 1, lambda draw, n: ([N(n)], draw(st.sampled_from([{}, {"affine": False}]))), small
    ),
    "torch.nn.InstanceNorm1d": featured(
        2, 5, 1, lambda draw, n: ([N(n)], draw(st.sampled_from([{}, {"affine": True}]))), st.integers(1, 4)
    ),
    "torch.nn.LayerNorm": featured(0, 4, -1, lambda draw, n: ([N(n)], {})),
    "torch.nn.RMSNorm": featured(0, 4, -1, lambda draw, n: ([N(n)], {})),
    "torch.nn.GroupNorm": featured(1, 4, 1, lambda draw, n: ([draw(st.sampled_from([1, n])), N(n)], {})),
    "torch.nn.LocalResponseNorm": module(st.just(([2], {})), args(tensors(3, 4))),
    "torch.nn.Conv1d": convolved(1),
    "torch.nn.Conv2d": convolved(2),
    "torch.nn.Conv3d": convolved(3),
    "torch.nn.ConvTranspose1d": convolved(1, True),
    "torch.nn.ConvTranspose2d": convolved(2, True),
    "torch.nn.ConvTranspose3d": convolved(3, True),
    "torch.nn.MaxPool1d": pool(1, 4, return_indices=flag, dilation=st.integers(1, 2)),
    "torch.nn.MaxPool2d": pool(2, 4, return_indices=flag, dilation=st.integers(1, 2)),
    "torch.nn.MaxPool3d": pool(3, 5, return_indices=flag, dilation=st.integers(1, 2)),
    "torch.nn.AvgPool1d": pool(1, 4),
    "torch.nn.AvgPool2d": pool(2, 4),
    "torch.nn.AvgPool3d": pool(3, 5),
    "torch.nn.LPPool1d": module(args(st.just(2), st.integers(1, 3)), args(tensors(2, 3))),
    "torch.nn.LPPool2d": module(args(st.just(2), st.integers(1, 3)), args(tensors(3, 4))),
    "torch.nn.AdaptiveAvgPool1d": module(args(st.builds(N, small)), args(tensors(1, 4))),
    "torch.nn.AdaptiveAvgPool2d": module(args(st.one_of(st.builds(N, small), st.just((2, None)))), args(tensors(2, 4))),
    "torch.nn.AdaptiveAvgPool3d": module(args(st.builds(N, small)), args(tensors(3, 5))),
    "torch.nn.Upsample": module(args(scale_factor=st.integers(1, 2)), args(tensors(3, 4))),
    "torch.nn.PixelShuffle": module(
        st.just(([2], {})), args(st.sampled_from([T((4, 2, 3)), T((2, 8, 1, 2)), T((3, 2, 2))]))
    ),
    "torch.nn.PixelUnshuffle": module(
        st.just(([2], {})), args(st.sampled_from([T((4, 2, 4)), T((2, 3, 2, 2)), T((3, 3, 2))]))
    ),
    "torch.nn.ZeroPad1d": module(args(st.integers(0, 2)), args(tensors(2, 5))),
    "torch.nn.ConstantPad1d": module(args(st.integers(0, 2), st.just(0.0)), args(tensors(2, 5))),
    "torch.nn.Unfold": module(args(st.integers(1, 2)), args(tensors(3, 4))),
    "torch.nn.MultiheadAttention": attended(),
    "torch.nn.TransformerEncoderLayer": transformed(False),
    "torch.nn.TransformerDecoderLayer": transformed(True),
    "torch.nn.Transformer": transformed(True).map(
        lambda d: ((d[0][0], {"num_encoder_layers": 1, "num_decoder_layers": 1, **d[0][1]}), d[1])
    ),
    "torch.nn.MSELoss": losses(predictions()),
    "torch.nn.SmoothL1Loss": losses(predictions()),
    "torch.nn.HuberLoss": losses(predictions()),
    "torch.nn.BCELoss": losses(predictions()),
    "torch.nn.BCEWithLogitsLoss": losses(predictions()),
    "torch.nn.CrossEntropyLoss": losses(classes(True)),
    "torch.nn.NLLLoss": losses(classes(False)),
    "torch.nn.KLDivLoss": losses(predictions()),
    "torch.nn.SoftMarginLoss": losses(predictions()),
    "torch.nn.MultiLabelSoftMarginLoss": losses(predictions()),
    "torch.nn.PoissonNLLLoss": losses(predictions()),
    "torch.nn.HingeEmbeddingLoss": losses(predictions()),
    "torch.nn.MarginRankingLoss": st.tuples(same_shapes(3, 1, 1)).map(lambda d: (([], {}), (d[0], {}))),
    "torch.nn.TripletMarginLoss": st.tuples(same_shapes(3, 2, 2)).map(lambda d: (([], {}), (d[0], {}))),
    "torch.nn.GaussianNLLLoss": st.tuples(same_shapes(3, 1, 2)).map(lambda d: (([], {}), (d[0], {}))),
}

LAYERS_NOT_DRAWN: dict[str, str] = {
    **{f"einops.layers.torch.{name}": "its function is held against einops" for name in ("Rearrange", "Reduce")},
    "torch.nn.TransformerEncoder": "takes a module: test_idioms.py",
    "torch.nn.TransformerDecoder": "takes a module: test_idioms.py",
    "torch.nn.CTCLoss": "a scalar, with four coupled arguments",
    "torch.nn.CosineEmbeddingLoss": "a scalar",
}
