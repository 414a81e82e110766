"""Every modelled numpy function, held against numpy: concrete, symbolic, with hidden axes or a hidden value."""

from __future__ import annotations

import operator
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "torch_ops"))

from ops_bench import Bench, N, Reading, T, count, symbolic
from ops_table import args, axis, flag, related, shapes, size, sizes_of, star, with_another

from lstmcheck.dims import Poly, substitute
from lstmcheck.infer.expressions import arithmetic, compare_values
from lstmcheck.infer.numpy_ops import OPS, call, load
from lstmcheck.infer.numpy_ops.arrays import item
from lstmcheck.infer.numpy_ops.attributes import read
from lstmcheck.infer.numpy_ops.dtypes import KNOWN, promoted
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.values import Array, Builtin, External, Items, Slice, Unknown

load()
PROFILE = settings(
    max_examples=max(40, settings().max_examples // 40),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

DTYPES = st.sampled_from(["float64", "float64", "float32", "int64", "int32", "uint8", "bool", "float16"])
NUMBER = st.sampled_from([2, 2.0, True, 3])
GIVEN = st.sampled_from(["float32", "f8", np.float32, np.int64, float, int, bool])


def arrays(low: int = 0, high: int = 4, dtype: Any = DTYPES) -> Any:
    return st.builds(T, shapes(low, high), dtype)


@st.composite
def two(draw: Any) -> Any:
    """Operands that broadcast, or nearly; one may be a number."""
    shape = draw(shapes())
    values: list[Any] = [T(shape, draw(DTYPES)), T(draw(related(shape)), draw(DTYPES))]
    if draw(st.integers(0, 3)) == 0:
        values[1] = draw(NUMBER)
    return (values if draw(flag) else values[::-1]), {}


@st.composite
def several(draw: Any, low: int = 1, stacked: bool = False) -> Any:
    shape = draw(shapes(low, 3))
    along = draw(st.integers(-3, 2))
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        sizes = list(shape)
        if not stacked and -len(sizes) <= along < len(sizes):
            sizes[along] = draw(size)
        parts.append(T(tuple(sizes), draw(DTYPES)))
    named = draw(st.sampled_from([{}, {"axis": along}, {"axis": along}]))
    return [draw(st.sampled_from([list, tuple]))(parts)], named


@st.composite
def reshaped(draw: Any) -> Any:
    sizes = draw(st.lists(size, min_size=0, max_size=4))
    wanted: list[Any] = list(draw(st.permutations(sizes)))
    if len(wanted) > 1 and draw(flag):
        first = wanted.pop()
        wanted[-1] *= first
    if wanted and draw(flag):
        wanted[draw(st.integers(0, len(wanted) - 1))] = -1
    return [T(tuple(sizes), draw(DTYPES)), tuple(one if one == -1 else N(one) for one in wanted)], {}


@st.composite
def permuted(draw: Any) -> Any:
    shape = draw(shapes(0, 4))
    order = list(draw(st.permutations(range(len(shape)))))
    return [T(shape, draw(DTYPES)), *([tuple(order)] if draw(flag) else [])], {}


@st.composite
def keys(draw: Any) -> Any:
    x = draw(arrays(1, 4))
    bound = st.one_of(st.none(), st.integers(-5, 5))
    step = st.sampled_from([None, None, 1, 2, -1])
    part = st.one_of(
        st.integers(-2, 2),
        st.builds(slice, bound, bound, step),
        st.just(slice(None)),
        st.just(Ellipsis),
        st.none(),
        st.builds(T, shapes(1, 2), st.just("int64")),
        st.just([0, 0]),
    )
    found = draw(st.lists(part, min_size=1, max_size=4))
    return [x, tuple(found) if len(found) > 1 or draw(flag) else found[0]], {}


@st.composite
def split(draw: Any) -> Any:
    cuts = draw(st.one_of(st.integers(1, 3), st.lists(st.integers(0, 5), min_size=1, max_size=3).map(sorted)))
    return [draw(arrays(1, 3)), cuts], draw(st.sampled_from([{}, {"axis": draw(axis)}]))


NESTED = st.recursive(
    st.one_of(arrays(0, 2), st.sampled_from([1, 2.5, True])), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
ONE = args(arrays())
REDUCED = args(arrays(), axis=st.one_of(axis, st.just((0, 1)), st.none()), keepdims=flag)
TYPED = args(arrays(), axis=axis, dtype=GIVEN, keepdims=flag)
UNARY = ["exp", "abs", "floor", "isnan"]
CREATED = st.one_of(
    args(st.one_of(st.builds(N, size), sizes_of(0, 3).map(tuple), sizes_of(0, 3)), dtype=GIVEN),
)

TABLE: dict[str, Any] = {
    "numpy.zeros": CREATED,
    "numpy.full": args(sizes_of(0, 3).map(tuple), NUMBER, dtype=GIVEN),
    "numpy.zeros_like": args(arrays(), dtype=GIVEN),
    "numpy.full_like": args(arrays(), NUMBER, dtype=GIVEN),
    "numpy.eye": args(st.builds(N, size), dtype=GIVEN),
    "numpy.identity": args(st.builds(N, size)),
    "numpy.arange": args(
        st.sampled_from([0, 1, 5, -2, 2.5]), st.sampled_from([0, 7, 9.5]), st.sampled_from([1, 2, 0.5, -1])
    ),
    "numpy.linspace": args(NUMBER, NUMBER, st.builds(N, size), dtype=st.just("float32")),
    "numpy.array": args(NESTED, dtype=GIVEN, ndmin=st.integers(0, 3)),
    "numpy.ascontiguousarray": args(NESTED, GIVEN),
    "numpy.frombuffer": None,
    "numpy.fromiter": None,
    "numpy.loadtxt": None,
    "numpy.random.rand": star(None, sizes_of(0, 3)).map(lambda drawn: ([*drawn[0]], {})),
    "numpy.random.standard_normal": args(sizes_of(0, 3).map(tuple)),
    "numpy.random.normal": args(NUMBER, NUMBER, size=sizes_of(0, 3).map(tuple)),
    "numpy.random.randint": args(
        st.just(5), st.just(9), sizes_of(0, 3).map(tuple), dtype=st.sampled_from([int, "int32"])
    ),
    "numpy.random.choice": args(st.just(5), sizes_of(0, 3).map(tuple)),
    "numpy.random.permutation": args(st.one_of(st.builds(N, size), arrays(1, 3))),
    "numpy.random.multivariate_normal": args(
        st.just([0.0, 0.0]), st.just([[1.0, 0.0], [0.0, 1.0]]), sizes_of(0, 2).map(tuple)
    ),
    "numpy.round": ONE,
    "numpy.clip": args(arrays(), NUMBER, NUMBER),
    "numpy.add": two(),
    "numpy.divide": two(),
    "numpy.maximum": two(),
    "numpy.less": two(),
    "numpy.matmul": args(arrays(1, 3), arrays(1, 3)),
    "numpy.where": st.tuples(arrays(0, 3, st.just("bool")), two()).map(lambda drawn: ([drawn[0], *drawn[1][0]], {})),
    "ndarray.astype": args(arrays(), GIVEN),
    "ndarray.copy": ONE,
    "ndarray.conj": ONE,
    "numpy.interp": args(arrays(0, 2), st.just([0.0, 1.0]), st.just([0.0, 1.0])),
    "numpy.reshape": reshaped(),
    "ndarray.reshape": reshaped(),
    "numpy.ravel": ONE,
    "numpy.transpose": permuted(),
    "numpy.swapaxes": args(arrays(), axis, axis),
    "numpy.moveaxis": args(arrays(), axis, axis),
    "numpy.rollaxis": args(arrays(1), axis),
    "numpy.expand_dims": args(arrays(), axis),
    "numpy.squeeze": args(arrays(), axis=axis),
    "numpy.atleast_1d": ONE,
    "numpy.atleast_2d": ONE,
    "numpy.broadcast_to": args(arrays(0, 2), sizes_of(0, 3).map(tuple)),
    "numpy.flip": ONE,
    "numpy.triu": args(arrays(1, 3)),
    "numpy.diag": args(arrays(1, 1), st.integers(-1, 1)),
    "numpy.lib.stride_tricks.sliding_window_view": st.one_of(
        args(arrays(1, 1), st.integers(1, 2)), args(arrays(1, 3), st.integers(1, 2), axis=st.integers(-3, 2))
    ),
    "numpy.pad": args(
        arrays(1, 3), st.one_of(st.integers(0, 2), st.just((1, 2)), st.just(((1, 2),)), st.just(((0, 1), (2, 3))))
    ),
    "numpy.take": args(arrays(1, 3), st.builds(T, shapes(0, 2), st.just("int64")), axis=axis),
    "numpy.delete": args(arrays(1, 3), st.integers(-1, 1), axis=axis),
    "numpy.insert": args(arrays(1, 3), st.just(0), st.just(1), axis=axis),
    "numpy.diff": args(arrays(1, 3), n=st.integers(0, 2), axis=axis),
    "numpy.dot": args(arrays(1, 2), arrays(1, 2)),
    "numpy.outer": args(arrays(1, 1), arrays(1, 1)),
    "ndarray.tolist": None,
    "ndarray.item": None,
    "ndarray.resize": None,
    "ndarray.fill": None,
    "numpy.shape": ONE,
    "numpy.concatenate": several(),
    "numpy.stack": several(0, True),
    "numpy.vstack": several(0).map(lambda drawn: (drawn[0], {})),
    "numpy.hstack": several(0).map(lambda drawn: (drawn[0], {})),
    "numpy.column_stack": several(1, True).map(lambda drawn: (drawn[0], {})),
    "numpy.append": st.tuples(several(1), flag).map(
        lambda drawn: ([*(drawn[0][0][0] * 2)[:2]], drawn[0][1] if drawn[1] else {})
    ),
    "numpy.tile": args(arrays(0, 3), st.one_of(st.integers(0, 3), sizes_of(1, 3).map(tuple))),
    "numpy.repeat": args(arrays(0, 3), st.builds(N, size), axis=axis),
    "numpy.split": split(),
    "numpy.array_split": split(),
    "numpy.meshgrid": st.tuples(
        st.lists(arrays(1, 1), min_size=1, max_size=3), st.sampled_from([{}, {"indexing": "ij"}])
    ),
    "numpy.sum": TYPED,
    "numpy.mean": TYPED,
    "numpy.std": REDUCED,
    "numpy.median": REDUCED,
    "numpy.max": REDUCED,
    "numpy.any": REDUCED,
    "numpy.argmax": args(arrays(1), axis=axis, keepdims=flag),
    "numpy.count_nonzero": REDUCED,
    "numpy.cumsum": args(arrays(), axis=axis, dtype=GIVEN),
    "numpy.sort": args(arrays(1), axis=axis),
    "numpy.argsort": args(arrays(1), axis=axis),
    "numpy.average": REDUCED,
    "numpy.percentile": args(arrays(1), st.just(50), axis=axis, keepdims=flag),
    "numpy.linalg.norm": args(arrays(), axis=axis, keepdims=flag),
    "numpy.unique": args(arrays()),
    "numpy.gradient": args(arrays(1, 2), axis=axis),
    **{f"numpy.{name}": ONE for name in UNARY},
}
# shown by another function of the same family, or not numpy's
ALIKE = ("numpy.random.", "sklearn.", "numpy.float", "numpy.int", "numpy.uint8", "numpy.bool_")
GENERATORS = {"numpy.random.RandomState()": "RandomState", "numpy.random.default_rng()": "default_rng"}


def resolve(path: str) -> Any:
    """The real function of a path; a method takes its array first."""
    for name, made in GENERATORS.items():
        if path.startswith(f"{name}."):
            return getattr(getattr(np.random, made)(0), path.rpartition(".")[2], None)
    owner: Any = np.ndarray if path.startswith("ndarray.") else np
    for name in path.split(".")[1:]:
        owner = getattr(owner, name, None)
    return owner


def to_numpy(value: Any) -> Any:
    if isinstance(value, T):
        kind = np.dtype(value.dtype)
        return np.zeros(value.shape, kind) if kind.kind in "iu" else np.ones(value.shape, kind)
    if isinstance(value, N):
        return value.value
    if isinstance(value, (list, tuple)):
        return type(value)(to_numpy(one) for one in value)
    return value


def to_engine(value: Any, reading: Reading) -> Any:
    if reading.is_unseen() and not (isinstance(value, T) and (not value.shape or value.dtype == "bool")):
        return Unknown()
    if isinstance(value, T):
        data = reading.tensor(value)
        data.device = None
        return Array(data)
    if isinstance(value, N):
        return reading.dim(value.value)
    if isinstance(value, slice):
        return Slice(*(to_engine(part, reading) for part in (value.start, value.stop, value.step)))
    if isinstance(value, (list, tuple)):
        return Items(type(value).__name__, [to_engine(one, reading) for one in value])
    if value in (float, int, bool):
        return Builtin(value.__name__)
    if isinstance(value, type):
        return External(f"numpy.{value.__name__}")
    return value


def sizes_in(value: Any) -> set[int]:
    if isinstance(value, T):
        return set(value.shape)
    if isinstance(value, N):
        return {value.value}
    return {size for one in value for size in sizes_in(one)} if isinstance(value, (list, tuple)) else set()


def compare(actual: Any, claimed: Any, values: Any) -> int:
    """How many facts were claimed of a result; an assertion fails where one is wrong."""
    if isinstance(claimed, Unknown):
        if "scalar" not in claimed.facts:
            return 0
        assert not isinstance(actual, np.ndarray) or actual.ndim == 0, f"{actual.shape}, claimed a number"
        dtype = claimed.facts["scalar"]
        assert dtype in (None, str(np.asarray(actual).dtype)), f"{np.asarray(actual).dtype}, claimed {dtype}"
        return 1
    if isinstance(claimed, Array):
        if claimed.data.vague and np.ndim(actual) == 0:
            actual = np.asarray(actual)
        assert isinstance(actual, np.ndarray), f"{type(actual)}, claimed {claimed}"
        assert claimed.dtype in (None, str(actual.dtype)), f"{actual.dtype}, claimed {claimed.dtype}"
        return _shape(actual.shape, claimed.shape, values)
    if isinstance(claimed, Items):
        assert isinstance(actual, (list, tuple)), f"{type(actual)}, claimed {claimed}"
        assert _size(len(actual), claimed.length, values), f"{len(actual)} parts, claimed {claimed}"
        parts = [claimed.head[i] if i < len(claimed.head) else claimed.rest for i in range(len(actual))]
        return sum(compare(one, part, values) for one, part in zip(actual, parts))
    if isinstance(claimed, (int, Poly)) and isinstance(actual, int):
        assert _size(actual, claimed, values), f"{actual}, claimed {claimed}"
        return 1
    return 0


def _shape(actual: tuple[int, ...], claimed: Shape, values: Any) -> int:
    text = f"shape {actual}, claimed {claimed}"
    assert claimed.open or len(claimed.left) == len(actual), text
    assert claimed.min_rank <= len(actual), text
    assert claimed.max_rank is None or claimed.max_rank >= len(actual), text
    assert all(_size(one, size, values) for one, size in zip(actual, claimed.left)), text
    right = claimed.right[::-1]
    assert all(_size(one, size, values) for one, size in zip(actual[::-1], right)), text
    return claimed.min_rank + (not claimed.open)


def _size(actual: int, claimed: Any, values: Any) -> bool:
    known = substitute(claimed, values) if isinstance(claimed, Poly) else claimed
    return isinstance(known, Poly) or known == actual


SAID: Counter[str] = Counter()


def hold(data: st.DataObject, name: str, drawn: Any, real: Any, run: Any, seen: int = 0) -> None:
    """Compare numpy's result with the engine's, for sizes that it knows and for sizes that it does not.

    The first `seen` values are never hidden from it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            actual = real()
        except Exception:
            return
    found = sorted(sizes_in(list(drawn[0])) - {1})
    hidden = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 2)), label="hidden")
    last = sum(map(count, (*drawn[0], *drawn[1].values()))) - 1
    unseen = data.draw(st.integers(seen, max(seen, last)), label="unseen")
    for label, reading in (
        ("concrete", Reading()),
        ("symbolic", symbolic(set(found))),
        ("open", Reading(hidden=hidden)),
        ("without one value", Reading(unseen=unseen)),
    ):
        claimed = run(reading)
        try:
            said = compare(actual, claimed, reading.values())
        except AssertionError as error:
            raise AssertionError(f"{name} {label} {drawn}: {error}") from None
        SAID[name] += said if label == "concrete" else 0


@pytest.mark.parametrize("name", sorted(name for name, drawn in TABLE.items() if drawn is not None))
def test_function(name: str) -> None:
    """What the engine says of a function is what numpy does, under every path of it."""
    paths = [path for path in OPS[name].paths if resolve(path) is not None]

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(paths), label="path")
        drawn = data.draw(TABLE[name], label="arguments")
        given_, named = drawn
        function = resolve(path)
        values = [to_numpy(value) for value in given_]
        if path.startswith("ndarray.") and not (values and isinstance(values[0], np.ndarray)):
            return
        options = {key: to_numpy(value) for key, value in named.items()}

        def engine(reading: Reading) -> Any:
            arguments = [to_engine(value, reading) for value in given_]
            return call(Bench(), path, arguments, {k: to_engine(v, reading) for k, v in named.items()}, False)

        hold(data, name, drawn, lambda: function(*values, **options), engine)

    SAID[name] = 0
    run()
    assert SAID[name], f"{name}: nothing was ever said"


@pytest.mark.parametrize("name", sorted(name for name, drawn in TABLE.items() if drawn is not None))
def test_function_with_another_argument(name: str) -> None:
    """Nothing wrong is said of a result where numpy takes an argument of another kind."""

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([path for path in OPS[name].paths if resolve(path) is not None]), label="path")
        given_, named = with_another(data, *data.draw(TABLE[name], label="arguments"))
        function = resolve(path)
        values = [to_numpy(value) for value in given_]
        options = {key: to_numpy(value) for key, value in named.items()}
        hidden = data.draw(st.tuples(st.integers(0, 1), st.integers(0, 2)), label="hidden")
        readings = Reading(), Reading(hidden=hidden)
        claims = [
            call(
                Bench(),
                path,
                [to_engine(value, reading) for value in given_],
                {key: to_engine(value, reading) for key, value in named.items()},
                False,
            )
            for reading in readings
        ]
        if path.startswith("ndarray.") and not (values and isinstance(values[0], np.ndarray)):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                actual = function(*values, **options)
            except Exception:
                return
        for reading, claimed in zip(readings, claims):
            compare(actual, claimed, reading.values())

    run()


SIGNS = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
    "BitAnd": operator.and_,
    "Lt": operator.lt,
    "Eq": operator.eq,
}


@pytest.mark.parametrize("sign", SIGNS)
def test_operator(sign: str) -> None:
    """Operators broadcast and promote as numpy does."""
    import ast

    @PROFILE
    @given(st.data())
    def run(data: st.DataObject) -> None:
        drawn = data.draw(two())
        values = [to_numpy(value) for value in drawn[0]]
        kind = getattr(ast, sign)

        def engine(reading: Reading) -> Any:
            a, b = (to_engine(value, reading) for value in drawn[0])
            return (
                arithmetic(Bench(), kind, a, b)
                if issubclass(kind, ast.operator)
                else compare_values(Bench(), kind(), a, b)
            )

        hold(data, sign, drawn, lambda: SIGNS[sign](*values), engine)

    SAID[sign] = 0
    run()
    assert SAID[sign]


@PROFILE
@given(st.data())
def test_items(data: st.DataObject) -> None:
    """Indices, slices, new axes, ellipses and arrays of indices."""
    drawn = data.draw(keys())
    x, key = (to_numpy(value) for value in drawn[0])

    def engine(reading: Reading) -> Any:
        return item(Bench(), *(to_engine(value, reading) for value in drawn[0]))

    # an unknown key is taken to be one index: so a tuple of several is shown, and not all that it holds
    hold(data, "item", drawn, lambda: x[key], engine, seen=2 if isinstance(key, tuple) else 1)


@PROFILE
@given(st.data())
def test_attributes(data: st.DataObject) -> None:
    drawn = [data.draw(arrays())], {}
    name = data.draw(st.sampled_from(["shape", "T", "ndim", "size"]))
    hold(
        data,
        name,
        drawn,
        lambda: getattr(to_numpy(drawn[0][0]), name),
        lambda reading: read(Bench(), to_engine(drawn[0][0], reading), name),
        seen=1,
    )


def test_promotion() -> None:
    for a in KNOWN:
        for b in KNOWN:
            assert promoted(a, b) in (None, str(np.promote_types(a, b))), (a, b)


def test_every_function_is_drawn_or_listed() -> None:
    """A new function needs a line in the table, or a family that has one."""
    firsts = {entry.paths[0] for entry in OPS.values() if not entry.paths[0].startswith(ALIKE)}
    shown = {function.__code__ for function in (OPS[name].function for name in TABLE)}
    missing = {name for name in firsts - set(TABLE) if OPS[name].function.__code__ not in shown}
    assert not missing
    assert not set(TABLE) - set(OPS)


def test_every_path_is_numpys() -> None:
    """A path that numpy has not would never be asked for; some are of older or newer versions."""
    versions = {"asfarray", "row_stack", "concat", "permute_dims", "ptp", "float_", "random_sample"}
    paths = [path for path in OPS if not path.startswith("sklearn.")]
    missing = {path for path in paths if resolve(path) is None and path.rpartition(".")[2] not in versions}
    assert {path for path in missing if not path.startswith(tuple(GENERATORS))} == set()


def test_scalers_keep_shapes_and_splits_all_axes_but_the_first() -> None:
    """scikit-learn is not there to be asked."""
    rows = Array(Reading().tensor(T((50, 3), "float64")))
    scaled = call(Bench(), "sklearn.preprocessing.StandardScaler().fit_transform", [rows], {}, False)
    assert isinstance(scaled, Array)
    assert scaled.data.shape == rows.data.shape
    unknown = call(Bench(), "sklearn.preprocessing.StandardScaler().fit_transform", ["text"], {}, False)
    assert not isinstance(unknown, Array)
    parts = call(Bench(), "sklearn.model_selection.train_test_split", [rows, Unknown()], {}, False)
    assert isinstance(parts, Items)
    train, test, *others = parts.head
    assert [train.data.shape.at(1), test.data.shape.at(1)] == [3, 3]
    assert isinstance(train.data.shape.at(0), Poly)
    assert train.data.shape.at(0) != test.data.shape.at(0)
    assert not any(isinstance(one, Array) for one in others)
