"""Batches: `TensorDataset`, the program's own datasets, and what a `DataLoader` makes of them.

Source of fact: torch.utils.data.DataLoader and default_collate of torch 2.13. The last batch is smaller unless
`drop_last`, so a program whose sizes are known has batches of two sizes.
"""

from __future__ import annotations

import functools

from lstmcheck.dims import Dim, Poly, Verdict, compare, equals, floordiv, minimum, modulo, select, substitute, symbol
from lstmcheck.infer.joins import is_dim, is_truth, same, settle, widen
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axis, Evidence, axes_of, learn, mean
from lstmcheck.infer.shapes import Shape, closed
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Bound,
    Contents,
    Instance,
    Items,
    Mapping,
    Site,
    Tensor,
    Unknown,
    Value,
)


class TensorData:
    """`TensorDataset(*tensors)`: a row is one element of each."""

    __slots__ = ("tensors",)

    def __init__(self, tensors: tuple[Value, ...]) -> None:
        self.tensors = tensors


class Part:
    """Rows of one or several data sets: `Subset`, a part of `random_split`, `ConcatDataset`.

    `length` is None where the number of rows is not known.
    """

    __slots__ = ("datasets", "length")

    def __init__(self, datasets: tuple[Value, ...], length: Dim | None) -> None:
        self.datasets = datasets
        self.length = length


class Batches:
    """`BatchSampler(sampler, batch_size, drop_last)`."""

    __slots__ = ("batch_size", "drop_last")

    def __init__(self, batch_size: Value, drop_last: Value) -> None:
        self.batch_size = batch_size
        self.drop_last = drop_last


class Loader:
    """`DataLoader(dataset, batch_size, ...)`. `collate` is None for the default."""

    __slots__ = ("batch_size", "collate", "dataset", "drop_last", "plain", "shuffle", "site")

    def __init__(
        self,
        dataset: Value,
        batch_size: Value,
        drop_last: Value,
        collate: Value,
        plain: bool,
        shuffle: Value = False,
        site: Site | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.collate = collate
        self.plain = plain
        self.shuffle = shuffle
        self.site = site


def make_tensor_data(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`TensorDataset(...)`."""
    return TensorData(tuple(args))


_LOADER_PARAMETERS = (
    "dataset",
    "batch_size",
    "shuffle",
    "sampler",
    "batch_sampler",
    "num_workers",
    "collate_fn",
    "pin_memory",
    "drop_last",
)


def make_loader(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`DataLoader(...)`."""
    given = {**dict(zip(_LOADER_PARAMETERS, args)), **keywords}
    plain = all(given.get(name) is None for name in ("sampler", "batch_sampler"))
    batches = settle(given.get("batch_sampler"), m.facts)
    if batches is not None:
        known = isinstance(batches, Batches)
        given["batch_size"] = batches.batch_size if known else m.fresh("batch_size", "a batch sampler", "int", True)
        given["drop_last"] = batches.drop_last if known else m.fresh("drop_last", "a batch sampler", free=True)
    return Loader(
        given.get("dataset"),
        given.get("batch_size", 1),
        given.get("drop_last", False),
        given.get("collate_fn"),
        plain,
        given.get("shuffle", False),
        m.here(),
    )


def make_subset(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`Subset(dataset, indices)`."""
    from lstmcheck.infer.builtins import length_of

    given = {**dict(zip(("dataset", "indices"), args)), **keywords}
    length = length_of(m, settle(given.get("indices"), m.facts))
    return Part((given.get("dataset"),), length if is_dim(length) else None)


def random_split(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`random_split(dataset, lengths)`: numbers of rows, or fractions."""
    given = {**dict(zip(("dataset", "lengths"), args)), **keywords}
    lengths = settle(given.get("lengths"), m.facts)
    if not isinstance(lengths, Items) or not lengths.whole:
        return Items("list", (), Part((given.get("dataset"),), None), symbol("parts", 1))
    sizes = [settle(length, m.facts) for length in lengths.head]
    return Items("list", [Part((given.get("dataset"),), size if is_dim(size) else None) for size in sizes])


def concatenate(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`ConcatDataset(datasets)`."""
    from lstmcheck.infer.expressions import whole_items

    parts = whole_items(m, args[0] if args else keywords.get("datasets"))
    if not parts:
        return m.fresh("dataset", "made of data sets that are not known", free=True)
    total: Dim | None = 0
    for part in parts:
        length = data_length(m, settle(part, m.facts))
        total = None if total is None or length is None else total + length
    return Part(parts, total)


def batch_sampler(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`BatchSampler(sampler, batch_size, drop_last)`."""
    given = {**dict(zip(("sampler", "batch_size", "drop_last"), args)), **keywords}
    return Batches(given.get("batch_size"), given.get("drop_last"))


def read_attribute(m: Machine, owner: Value, name: str) -> Value:
    """An attribute of a data set or a loader of torch's own."""
    if isinstance(owner, Loader) and name in ("dataset", "batch_size", "drop_last"):
        return settle(getattr(owner, name), m.facts)
    if isinstance(owner, TensorData) and name == "tensors":
        return Items("tuple", owner.tensors)
    if isinstance(owner, Part) and name == "dataset":
        return settle(owner.datasets[0], m.facts) if len(owner.datasets) == 1 else m.fresh("dataset")
    return m.fresh(name, free=True)


def data_length(m: Machine, value: Value) -> Dim | None:
    """The number of rows of a dataset, or of batches of a loader; None where it is not known."""
    from lstmcheck.infer.builtins import length_of

    if isinstance(value, TensorData):
        first = m.tensor(value.tensors[0]) if value.tensors else None
        return first.size(0) if first is not None else None
    if isinstance(value, Loader):
        rows, size = data_length(m, value.dataset), m.dim(value.batch_size)
        if value.batch_size is None and value.plain:
            return rows
        if rows is None or size is None or not value.plain or size == 0:
            return None
        if value.drop_last is True:
            return floordiv(rows, size)
        return floordiv(rows + size - 1, size) if value.drop_last is False else None
    if isinstance(value, Part):
        return value.length
    if isinstance(value, (Instance, Items, Tensor, Array)):
        length = length_of(m, value)
        return length if is_dim(length) else None
    return None


def row_of(m: Machine, dataset: Value) -> Value:
    """A row of a dataset, its index unknown."""
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member
    from lstmcheck.infer.loops import elements_of
    from lstmcheck.infer.subscripts import get_item

    if isinstance(dataset, Part):
        rows = [settle(row_of(m, settle(one, m.facts)), m.facts) for one in dataset.datasets]
        return functools.reduce(lambda a, b: widen(a, b, "row"), rows)
    length = data_length(m, dataset)
    index = symbol("index", 0, length - 1 if isinstance(length, int) and length > 0 else None)
    if isinstance(dataset, TensorData):
        return Items("tuple", [get_item(m, tensor, index) for tensor in dataset.tensors])
    if isinstance(dataset, Items) and dataset.head:
        return _any_of(m, [settle(one, m.facts) for one in dataset.each])
    if isinstance(dataset, (Tensor, Array, Items)):
        return get_item(m, dataset, index)
    if isinstance(dataset, Instance) and dataset.cls is not None:
        member = find_member(dataset.cls, "__getitem__")
        if member is not NOTHING:
            return call_value(m, Bound(member, dataset), [index], {})
        member = find_member(dataset.cls, "__iter__")
        contents = elements_of(m, call_value(m, Bound(member, dataset), [], {})) if member is not NOTHING else None
        if contents is not None and (contents.head or contents.rest is not NOTHING):
            rows = [*contents.head, *([] if contents.rest is NOTHING else [contents.rest])]
            return functools.reduce(lambda a, b: widen(a, b, "row"), [settle(row, m.facts) for row in rows])
    return m.fresh("row", "the dataset's rows are not known")


def _any_of(m: Machine, rows: list[Value]) -> Value:
    """One value for whichever row of a list: what the rows have in common."""
    first = rows[0]
    if all(same(first, row) for row in rows[1:]):
        return first
    if all(isinstance(row, Items) and row.kind == "tuple" and row.whole for row in rows):
        columns = [row.head for row in rows if isinstance(row, Items)]
        if all(len(column) == len(columns[0]) for column in columns):
            parts = [[settle(part, m.facts) for part in column] for column in zip(*columns)]
            return Items("tuple", [_any_of(m, part) for part in parts])
    if all(is_dim(row) for row in rows):
        return symbol("value", None)
    return functools.reduce(lambda a, b: widen(a, b, "row"), rows)


def batches(m: Machine, loader: Loader) -> Contents:
    """What iterating over a loader yields: full batches, and the smaller last one where sizes tell."""
    row = row_of(m, settle(loader.dataset, m.facts))
    if loader.batch_size is None and loader.plain:
        from lstmcheck.infer.calls import call_value

        # without automatic batching a row is handed on as it is
        item = row if loader.collate is None else call_value(m, loader.collate, [row], {})
        count = data_length(m, loader.dataset)
        return Contents((), item, symbol("batches", 0) if count is None else count)
    rows, size = data_length(m, loader.dataset), m.dim(loader.batch_size)
    count = data_length(m, loader)
    if count is None:
        count = symbol("batches", 0)
    if size is None or not loader.plain:
        batch = _collated(m, loader, row, symbol("batch", 1))
        return Contents((), batch, count)
    exact = loader.drop_last is True
    known = _in_order(m, loader, size)
    if known is not None:
        return known
    full = size if exact else symbol("batch", 1) if rows is None else minimum(rows, size)
    first = _collated(m, loader, row, full)
    last: Value = None
    if isinstance(rows, int) and isinstance(size, int) and size > 0 and not exact:
        rest = modulo(rows, size)
        if rest and isinstance(count, int) and count > 1 and loader.drop_last is False:
            last = _collated(m, loader, row, rest)
            if count == 2:
                return Contents((first, last), NOTHING, 2)
    if loader.drop_last is False and _is_cut_by_default(m, rows, size):
        assert isinstance(rows, int)
        rest = modulo(rows, size)
        last = _collated(m, loader, row, select(equals(rest, 0), full, rest))
    if not isinstance(rows, int) and not exact:
        # the last batch may have any size up to batch_size
        return Contents((first,), _collated(m, loader, row, symbol("batch", 1)), count)
    return Contents((first,), first, count, last)


_MOST_ROWS = 32


def _in_order(m: Machine, loader: Loader, size: Dim) -> Contents | None:
    """Every batch of a short list that is not shuffled, where the program itself makes batches of its elements."""
    rows = settle(loader.dataset, m.facts)
    if loader.collate is None or loader.shuffle is not False or not isinstance(size, int) or size < 1:
        return None
    if not isinstance(rows, Items) or not rows.whole or not 0 < len(rows.head) <= _MOST_ROWS:
        return None
    from lstmcheck.infer.calls import call_value

    parts = [rows.head[start : start + size] for start in range(0, len(rows.head), size)]
    if len(parts) > 3 or (loader.drop_last is not False and len(parts[-1]) < size):
        return None
    made = []
    for part in parts:
        made.append(call_value(m, loader.collate, [Items("list", part)], {}))
        _note_batch(m, made[-1], len(part), loader.site)
    return Contents(tuple(made), NOTHING, len(made))


def _is_cut_by_default(m: Machine, rows: Dim | None, size: Dim) -> bool:
    """Whether an option's default is a batch size that leaves a smaller last batch."""
    if not isinstance(size, Poly) or not isinstance(rows, int):
        return False
    usual = substitute(size, m.defaults)
    return isinstance(usual, int) and 0 < usual < rows and rows % usual != 0


def _collated(m: Machine, loader: Loader, row: Value, size: Dim) -> Value:
    if loader.collate is not None:
        from lstmcheck.infer.calls import call_value

        batch = Items("list", (), row, size)
        collated = call_value(m, loader.collate, [batch], {})
        _note_batch(m, collated, size, loader.site)
        return collated
    return collate(m, settle(row, m.facts), size)


def _note_batch(m: Machine, value: Value, size: Dim, site: Site | None) -> None:
    """Note where a program's own `collate_fn` has put the samples: on the only axis that has their number."""
    value = settle(value, m.facts)
    if isinstance(value, Array):
        value = value.data
    if isinstance(value, Tensor):
        shape = value.shape
        if "axes" in value.state or shape.open or len(shape.left) < 2:
            return
        found = [i for i, other in enumerate(shape.left) if compare(other, size, m.facts).verdict is Verdict.EQ]
        if len(found) == 1 and found[0] < 2:
            text = f"the batches of this DataLoader have the samples on axis {found[0]}"
            batch = Axis("batch", Evidence("data", text, site))
            learn(m, value, tuple(batch if i == found[0] else None for i in range(len(shape.left))))
    elif isinstance(value, Items) and value.whole:
        for part in value.head:
            _note_batch(m, part, size, site)
    elif isinstance(value, Mapping):
        for part in value.entries.values():
            _note_batch(m, part, size, site)


def collate(m: Machine, row: Value, size: Dim) -> Value:
    """`default_collate` of `size` like rows: tensors are stacked, numbers become a tensor, containers are kept."""
    m.tick()
    if isinstance(row, Array):
        # an array becomes a tensor of its own dtype
        return collate(m, row.data, size)
    if isinstance(row, Unknown) and "scalar" in row.facts:
        return Tensor(closed(size), row.facts["scalar"])
    if isinstance(row, Tensor):
        shape = row.shape
        stacked = Tensor(Shape((size, *shape.left), shape.right, shape.open), row.dtype, row.device, made=row.made)
        if shape.rank is not None:
            site = m.here() if m.node is not None else None
            batch = Axis("batch", Evidence("data", "a DataLoader stacks the samples on the first axis", site))
            mean(stacked, (batch, *(axes_of(row) or (None,) * shape.rank)))
        return stacked
    if is_truth(row) or is_dim(row):
        return Tensor(closed(size), "int64" if is_dim(row) else "bool")
    if isinstance(row, float) or (isinstance(row, Unknown) and row.kind == "float"):
        # a float of Python's own becomes float64, one of numpy's keeps its dtype
        return Tensor(closed(size), "float64" if isinstance(row, float) else None)
    if isinstance(row, Unknown) and row.kind == "tensor":
        return Tensor(Shape((size,), (), True))
    if isinstance(row, Items) and row.whole:
        # default_collate gives a list of the transposed columns for a tuple or list
        return Items("list", [collate(m, settle(item, m.facts), size) for item in row.head])
    if isinstance(row, Mapping) and not row.open:
        return Mapping({key: collate(m, settle(value, m.facts), size) for key, value in row.entries.items()})
    return m.fresh("batch", "made by collating unknown rows")
