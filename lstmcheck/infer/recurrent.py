"""Recurrent layers in a program: from values to the contract and back.

A value whose rank is not known is read in every way that torch would accept it (unbatched, batched, packed). A need is
reported only when it fails in all readings; the readings that fail are impossible from there on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lstmcheck.contract import arguments, cells, constructors, recurrent
from lstmcheck.contract.arguments import Argument
from lstmcheck.contract.needs import Need
from lstmcheck.contract.values import OtherLike, PackedLike, States, TensorLike
from lstmcheck.dims import Dim, Poly, Verdict, atoms_of, equals, guard, show, single_atom, substitute, symbol
from lstmcheck.findings import Related
from lstmcheck.infer import graph, placement, ranks, sources
from lstmcheck.infer.joins import is_dim, is_truth, settle, truth_dim
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.records import as_tuple
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.silent import arguments as argument_names
from lstmcheck.infer.silent import calls as silent
from lstmcheck.infer.silent.state_layout import is_batch_first
from lstmcheck.infer.strides.layouts import ROWS, Layout
from lstmcheck.infer.subscripts import apart
from lstmcheck.infer.torch_ops.common import dtype_of
from lstmcheck.infer.values import (
    Array,
    Builtin,
    Choice,
    Class,
    External,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Packed,
    Role,
    ShapeOf,
    Site,
    Tensor,
    Truth,
    Unknown,
    Value,
)

KINDS = {f"torch.nn.{kind}": kind for kind in ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell")}

_TYPE_NAMES: tuple[tuple[Any, str], ...] = (
    (bool, "bool"),
    (Truth, "bool"),
    (int, "int"),
    (Poly, "int"),
    (float, "float"),
    (str, "str"),
    (type(None), "NoneType"),
    (Mapping, "dict"),
    (Packed, "PackedSequence"),
    ((Function, Builtin), "function"),
    (Class, "type"),
)


def type_name(value: Value) -> str | None:
    """The Python type's name of a value, None where it is not known."""
    if isinstance(value, Items):
        return value.kind if value.kind in ("tuple", "list", "set") else None
    if isinstance(value, Tensor):
        return None if value.vague else "Tensor"
    if isinstance(value, Array):
        return None if value.data.vague else "ndarray"
    if isinstance(value, Unknown):
        return value.kind if value.kind in ("float", "str", "int", "bool") else None
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return None


def argument(m: Machine, value: Value) -> Argument:
    """A constructor argument as the contract sees it."""
    value = settle(value, m.facts)
    if isinstance(value, Choice):
        size = m.dim(value)
        if size is not None:
            types = {argument(m, option).type for _, option in value.options}
            # what may be a bool is no size that could be told
            return Argument(None, None if "bool" in types else size) if types != {"int"} else Argument("int", size)
    if is_truth(value):
        return Argument("bool", m.facts.simplify(truth_dim(value)))
    if is_dim(value):
        return Argument("int", value)
    if isinstance(value, Unknown):
        if value.facts.get("divided"):
            return Argument("float")
        return Argument(value.kind if value.kind in ("float", "str", "int") else None)
    if isinstance(value, External):
        dtype = dtype_of(value)
        return Argument(None) if dtype is None else Argument("dtype", f"torch.{dtype}")
    name = type_name(value)
    return Argument(name, value if isinstance(value, (float, str)) else None)


_SIZES = ("input_size", "hidden_size", "num_layers", "proj_size")
_FLAGS = ("bias", "batch_first", "bidirectional")


def build(m: Machine, path: str, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Construct a recurrent layer: bind, check what torch checks, and keep the configuration."""
    kind = KINDS[path]
    site = m.here()
    nodes = dict(m.arg_nodes)
    layer = Layer(path, {}, site)
    # both stand from the start, so that a move on one path only is joined with none
    layer.fields.update({"*dtype*": placement.UNMOVED, "*device*": placement.UNMOVED})
    binding = arguments.bind(kind, args, keywords)
    bound_rows: list[tuple[Need, Verdict]] = []
    if open_:
        bound: dict[str, Value] = _undriven(binding)
    else:
        bound, bound_rows = m.drive(binding, site, layer)
    names = _parameter_names(kind, args, keywords)
    layer.sites = {name: Site(site.file, nodes[key]) for name, key in names.items() if key in nodes}
    bound = {name: settle(value, m.facts) for name, value in bound.items()}
    given = {name: argument(m, value) for name, value in bound.items()}
    for name, value in bound.items():
        # an unknown size or flag keeps its identity, so that it can cancel elsewhere
        if given[name].value is None and isinstance(value, Unknown) and given[name].type in (None, "int"):
            if name in _SIZES and not value.facts.get("divided"):
                given[name] = Argument(given[name].type, value.as_dim())
            elif name in _FLAGS:
                given[name] = Argument(None, value.as_truth())
    if open_:
        for name in arguments.signature(kind).names:
            if name not in given:
                given[name] = _left_open(name)
    layer.args = bound
    config, rows = m.drive(arguments.construct(kind, given), site, layer, lambda need: argument_source(layer, need))
    layer.config = config  # type: ignore[assignment]
    if m.observer is not None:
        m.observer.built(m, layer, not open_)
    if not any(
        verdict is Verdict.NE and need.raises is not None and not need.warns for need, verdict in (*bound_rows, *rows)
    ):
        argument_names.built(m, layer)
        _dropout_by_default(m, layer, site)
        lower = 0 if kind.endswith("Cell") else 1
        for size in (config.input_size, config.hidden_size, getattr(config, "num_layers", 1)):
            m.at_least(size, lower)
        _note_several(m, config.hidden_size)
        projected = getattr(config, "proj_size", 0)
        if isinstance(projected, int) and projected > 0:
            m.at_least(config.hidden_size, projected + 1)
    else:
        # what could not be built is not called: one finding is enough
        m.put(layer.fields, "forward", m.fresh("forward", "its construction fails"))
    return layer


def _dropout_by_default(m: Machine, layer: Layer, site: Site) -> None:
    """Report a dropout without a second layer that the defaults of a command line's options ask for."""
    dropout, layers = layer.args.get("dropout"), getattr(layer.config, "num_layers", 2)
    if not (m.concrete and m.trust_defaults) or substitute(layers, m.defaults) != 1:
        return
    when = m.facts.simplify(equals(layers, 1))
    if isinstance(dropout, Unknown):
        option, dropout = dropout, dropout.facts.get("default number")
        taken = guard(f"{option.name} == {dropout}")
        m.defaults.update(dict.fromkeys(atoms_of(taken), 1))
        when = when * taken
    if not isinstance(dropout, (int, float)) or when == 1:
        return
    for need in constructors.dropout_needs(Argument("float", float(dropout)), Argument("int", 1)):
        if need.what == "construct.dropout_unused":
            m.report(need, site, (), layer, argument_source(layer, need), when)


def _left_open(name: str) -> Argument:
    if name in ("input_size", "hidden_size", "num_layers"):
        return Argument(None, symbol(name, 1))
    if name == "proj_size":
        return Argument(None, symbol(name, 0))
    if name in _FLAGS:
        from lstmcheck.dims import guard

        return Argument(None, guard(name))
    return Argument(None)


def _undriven(binding: Any) -> dict[str, Value]:
    """What a binding returns when its complaints do not count, because further arguments are not known."""
    try:
        while True:
            next(binding)
    except StopIteration as stop:
        return dict(stop.value)


def _parameter_names(kind: str, args: Sequence[Value], keywords: dict[str, Value]) -> dict[str, int | str]:
    names: dict[str, int | str] = dict(zip(arguments.signature(kind).names, range(len(args))))
    names.update({name: name for name in keywords})
    return names


def argument_source(layer: Layer, need: Need) -> list[Related]:
    """Where the argument that a constructor's need is about was written."""
    site = layer.sites.get(need.subject)
    return [] if site is None else [site.related(need.subject)]


_DTYPE_SAFE = ("int64", "int32", "int16", "int8", "uint8", "bool")


def _dtype(m: Machine, dtype: str | None) -> str | None:
    """A dtype worth telling the contract: weights are float32 only in a program that never changes them."""
    if dtype is None or not (dtype in _DTYPE_SAFE or m.weights[0] is not None):
        return None
    return f"torch.{dtype}"


def _like(m: Machine, tensor: Tensor, sizes: tuple[Dim, ...]) -> TensorLike:
    return TensorLike(sizes, _dtype(m, tensor.dtype), tensor.device if m.weights[1] is not None else None)


def _with_rank(tensor: Tensor, rank: int) -> tuple[Dim, ...] | None:
    """The sizes of a tensor of open shape if it has this rank; None when it cannot have it."""
    shape = tensor.shape
    if not ranks.may_have(tensor, rank):
        return None
    missing = range(len(shape.left), rank - len(shape.right))
    return (*shape.left, *(tensor.size(axis) for axis in missing), *shape.right)


def input_readings(m: Machine, value: Value, ranks: tuple[int, ...], packed: bool) -> list[Any]:
    """Every way in which torch may take a value as a recurrent layer's input."""
    value = settle(value, m.facts)
    if isinstance(value, Packed):
        features = value.features if value.features is not None else symbol("features", 1)
        batch = value.batch if value.batch is not None else symbol("batch", 1)
        seq_len = value.seq_len if value.seq_len is not None else symbol("seq_len", 1)
        return [PackedLike(features, batch, seq_len=seq_len, dtype=_dtype(m, value.dtype), sorted=value.sorted)]
    if isinstance(value, Unknown) and value.kind not in (None, "tensor"):
        return [OtherLike(type_name(value))]
    tensor = m.tensor(value)
    if tensor is None:
        return [OtherLike(type_name(value))]
    if not tensor.shape.open:
        return [_like(m, tensor, tensor.shape.left)]
    found: list[Any] = []
    for rank in ranks:
        sizes = _with_rank(tensor, rank)
        if sizes is not None:
            found.append(_like(m, tensor, sizes))
    if packed and tensor.vague:
        last = tensor.shape.last
        found.append(PackedLike(tensor.size(-1) if last is None else last, symbol("batch", 1)))
    return found or [OtherLike(None)]


def state_readings(m: Machine, value: Value, two: bool, ranks: tuple[int, ...]) -> list[Any]:
    """Every way in which torch may take a value as hx. An unknown state reads as None: nothing is asked of it."""
    value = as_tuple(settle(value, m.facts))
    if value is None or isinstance(value, Choice):
        return [None]
    if isinstance(value, Items):
        if not value.whole or value.kind not in ("tuple", "list"):
            return [None]
        parts = [_element_readings(m, settle(item, m.facts), ranks) for item in value.head]
        return [States(tuple(row), value.kind) for row in itertools.islice(itertools.product(*parts), 9)]
    if isinstance(value, Unknown) and value.kind is None and "tensor" not in value.facts:
        return [None]
    if isinstance(value, (Tensor, Unknown)):
        if isinstance(value, Unknown) and value.kind not in (None, "tensor"):
            return [OtherLike(type_name(value))]
        tensor = m.tensor(value)
        if tensor is None or tensor.vague or (two and tensor.shape.open):
            return [None]
        return [state for state in _element_readings(m, tensor, ranks) if isinstance(state, TensorLike)] or [None]
    if isinstance(value, (Array, Packed, Mapping, str, float)) or is_dim(value) or is_truth(value):
        return [OtherLike(type_name(value))]
    return [None]


def _element_readings(m: Machine, value: Value, ranks: tuple[int, ...]) -> list[Any]:
    if isinstance(value, Tensor) and not value.vague:
        if not value.shape.open:
            return [_like(m, value, value.shape.left)]
        found = [_like(m, value, sizes) for rank in ranks if (sizes := _with_rank(value, rank)) is not None]
        return found or [ANY_STATE]
    if isinstance(value, (Tensor, Unknown, Choice, Layer, Instance, External, ShapeOf)):
        return [ANY_STATE]
    name = type_name(value)
    return [ANY_STATE if name is None else OtherLike(name)]


class _AnyState:
    """A state of which nothing is known: replaced by whatever the call needs."""


ANY_STATE: Any = _AnyState()


def _filled(config: Any, input: Any, hx: Any) -> Any:
    """The state with unknown elements given the shape that fits, so that they meet every need."""
    if not isinstance(hx, States) or not any(item is ANY_STATE for item in hx.items):
        return hx
    if isinstance(input, OtherLike):
        return None
    shapes = _state_shapes(config, input)
    items: list[Any] = []
    for i, item in enumerate(hx.items):
        if item is ANY_STATE:
            shape = shapes[min(i, len(shapes) - 1)]
            if shape is None:
                return None
            items.append(TensorLike(shape))
        else:
            items.append(item)
    return States(tuple(items), hx.container)


def _state_shapes(config: Any, input: Any) -> list[Any]:
    if isinstance(config, cells.CellConfig):
        shape = (*input.shape[:-1], config.hidden_size) if isinstance(input, TensorLike) else None
        return [shape, shape]
    if isinstance(input, PackedLike):
        batch: tuple[Dim, ...] = (input.batch,)
        return [(config.state_rows, *batch, config.real_hidden), (config.state_rows, *batch, config.hidden_size)]
    result = recurrent.result_shapes(config, input)
    return [None, None] if result.open else [result.h_n, result.c_n or result.h_n]


def call(m: Machine, layer: Layer, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """`lstm(x, hx)`: check the call and return what torch returns."""
    m.meet()
    config = layer.config
    kind = KINDS[layer.kind]
    if open_ or config is None:
        if m.observer is not None:
            m.observer.not_followed(m, m.here(), layer, "its arguments are unpacked from something that is not known")
        return m.fresh("recurrent result", "called with unknown arguments")
    site = m.here()
    taken: list[Any] = []
    bound, rows = m.drive(arguments.bind_forward(kind, args, keywords), site, layer)
    if any(verdict is Verdict.NE for _, verdict in rows) or "input" not in bound:
        if m.observer is not None:
            m.observer.not_followed(m, site, layer, "its arguments do not fit")
        return _result(m, layer, [])
    arg_nodes = m.arg_nodes

    def with_state(hx: Value) -> Value:
        def on_device(value: Value, device: str | None) -> Value:
            m.node, m.arg_nodes = site.node, arg_nodes
            m.weights = placement.weight_dtype(m, layer), device
            return _call(m, layer, value, hx, site)

        def with_input(value: Value) -> Value:
            m.node, m.arg_nodes = site.node, arg_nodes
            result = placement.weight_device(m, layer, lambda device: on_device(value, device))
            graph.record(m, layer, (value, hx), result)
            if m.observer is not None:
                taken.append(m.observer.taken(m, value, hx))
            return result

        return m.each(bound["input"], with_input)

    hx = settle(bound.get("hx"), m.facts)
    result = m.each(hx, with_state)
    m.node, m.arg_nodes = site.node, arg_nodes
    silent.called(m, layer, settle(bound["input"], m.facts), hx, result, site)
    if m.observer is not None:
        m.observer.called(m, site, layer, bound["input"], hx, result, taken)
    return result


def _call(m: Machine, layer: Layer, value: Value, hx: Value, site: Site) -> Value:
    dtype, device = m.weights
    config: Any = replace(layer.config, dtype=None if dtype is None else f"torch.{dtype}", device=device)  # type: ignore[type-var]
    cell = isinstance(config, cells.CellConfig)
    ranks = (2, 1) if cell else (3, 2)
    two = KINDS[layer.kind] in ("LSTM", "LSTMCell")
    forward: Any = cells.forward if cell else recurrent.forward
    readings = []
    inputs = input_readings(m, value, ranks, packed=not cell)
    for source in inputs:
        if isinstance(source, TensorLike) and source.device is None and device is not None:
            # it is on the weights' device, or torch raises for that
            source = replace(source, device=device)
        for state in state_readings(m, hx, two, ranks):
            state = _filled(config, source, state)
            result, rows = _judge(m, forward(config, source, state))
            readings.append((source, result, rows, _failing(rows)))
    possible = [reading for reading in readings if reading[3] is None]
    if not possible and readings:
        rows = readings[0][2]
        places = _places(value, hx)
        m.report_rows(rows, site, layer, lambda need: call_sources(m, layer, need, value, hx), places)
        # what would come out of it belongs to another program, the mended one
        return m.fresh("result", "the call fails", free=True)
    first = possible[0] if possible else readings[0]
    if len(possible) == 1:
        places = _places(value, hx)
        _report_conditional(m, first[2], site, layer, lambda need: call_sources(m, layer, need, value, hx), places)
        _report_layout(m, first[2], site, layer, lambda need: call_sources(m, layer, need, value, hx), places)
        _report_said_layout(m, first[2], site, layer, hx, lambda need: call_sources(m, layer, need, value, hx), places)
    _learn_input(m, layer, value, possible)
    _learn_state(m, layer, hx, possible)
    made = _result(m, layer, possible)
    _link_ranks(m, value, hx, made)
    return made


def _judge(m: Machine, requirements: Any) -> tuple[Any, list[tuple[Need, Verdict]]]:
    rows: list[tuple[Need, Verdict]] = []
    try:
        while True:
            need = next(requirements)
            rows.append((need, m.verdict(need)))
    except StopIteration as stop:
        return stop.value, rows


def _failing(rows: list[tuple[Need, Verdict]]) -> Need | None:
    """The first need that is never met and for which torch raises or crashes."""
    for need, verdict in rows:
        if verdict is Verdict.NE and not need.warns and (need.raises is not None or _crashes(need)):
            return need
    return None


def _crashes(need: Need) -> bool:
    return need.detail.get("outcome") == "undefined"


def _report_conditional(m: Machine, rows: Any, site: Site, layer: Layer, sources: Any, made: dict[str, Site]) -> None:
    """The first need that fails under a condition of the program's own."""
    for need, verdict in rows:
        if verdict is Verdict.SOMETIMES and need.raises is not None and not need.warns:
            m.need(need, site, layer, sources(need), made)
            return


def _report_layout(m: Machine, rows: Any, site: Site, layer: Layer, sources: Any, made: dict[str, Site]) -> None:
    """A state whose first two axes are each other's: it fails unless the batch happens to be as large as the layers."""
    axes = {(need.subject, need.axis): (need, verdict) for need, verdict in rows if need.what.startswith("state.")}
    for subject in ("h_0", "c_0"):
        layers, batch = axes.get((subject, 0)), axes.get((subject, 1))
        if layers is None or batch is None or Verdict.EQ in (layers[1], batch[1]):
            continue
        crossed = [Need("state.layout", a.got, b.want) for a, b in ((layers[0], batch[0]), (batch[0], layers[0]))]
        if all(m.verdict(need) is Verdict.EQ for need in crossed) and m.trust_defaults:
            first = layers[0]
            need = Need(
                "state.layout",
                first.got,
                first.want,
                "never",
                subject,
                0,
                first.axis_name,
                first.raises,
                # it fits where the batch happens to be as large as the layers: a warning, not a proof
                warns=True,
                detail=first.detail,
            )
            m.report(need, site, [(need, Verdict.NE), *rows], layer, sources(need), made=made)
            return


def _report_said_layout(
    m: Machine, rows: Any, site: Site, layer: Layer, hx: Value, sources: Any, made: dict[str, Site]
) -> None:
    """A state that the program makes batch-first, where the batch is as large as the layers by chance."""
    state = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    if not isinstance(state, Tensor) or state.role is not None or m.muted:
        return
    found = {need.axis: need for need, verdict in rows if need.subject == "h_0" and verdict is Verdict.EQ}
    first, second = found.get(0), found.get(1)
    if first is None or second is None or first.got != second.got or first.got == 1:
        return
    if is_batch_first(m, state):
        need = replace(first, what="state.layout", relation="never", warns=True)
        m.report(need, site, [(need, Verdict.NE), *rows], layer, sources(need), made=made)


def _learn_input(m: Machine, layer: Layer, value: Value, possible: list[Any]) -> None:
    """torch took the input: one reading left gives its rank, and its last size is the layer's input_size."""
    tensor = m.tensor(value) if isinstance(value, (Tensor, Unknown)) else None
    if tensor is None or not tensor.shape.open or not possible:
        return
    sources = [source for source, *_ in possible if isinstance(source, TensorLike) and not source.open]
    if not sources:
        return
    config: Any = layer.config
    shape, ranks_ = tensor.shape, [len(source.shape) for source in sources]
    if not shape.right and len(shape.left) < min(ranks_):
        m.refine(tensor, Shape(shape.left, (config.input_size,), True, max(ranks_)))
    if len(possible) == 1:
        ranks.show_rank(m, tensor, ranks_[0])


def _learn_state(m: Machine, layer: Layer, hx: Value, possible: list[Any]) -> None:
    """torch took the state: what was not known of it has the shape that the call demands."""
    hx = settle(hx, m.facts)
    if hx is None or not possible:
        return
    two = KINDS[layer.kind] in ("LSTM", "LSTMCell")
    if two and isinstance(hx, Items) and not hx.whole and len(hx.head) <= 2:
        # it unpacks the state into two
        m.set_contents(hx, [*hx.head, *(apart(hx, i) for i in range(len(hx.head), 2))])
    shapes = [_state_shapes(layer.config, source) for source, *_ in possible if not isinstance(source, OtherLike)]
    for i in range(2 if two else 1):
        wanted = [shape[min(i, len(shape) - 1)] for shape in shapes]
        state = _state_item(m, hx, i) if two else hx
        if not wanted or any(shape is None for shape in wanted):
            continue
        if isinstance(state, Choice) and isinstance(hx, Items) and all(_is_open(option) for _, option in state.options):
            # whichever it is, it had this shape
            made = Tensor(merge_shapes(wanted), name="state")
            m.set_contents(hx, [*hx.head[:i], made, *hx.head[i + 1 :]])
        else:
            _learn_shape(m, state, merge_shapes(wanted))


def _state_item(m: Machine, hx: Value, index: int) -> Value:
    if isinstance(hx, Items):
        return settle(hx.head[index], m.facts) if hx.whole and index < len(hx.head) else None
    if isinstance(hx, Unknown) and hx.kind is None:
        name = f"{hx.name}[{index}]"
        return settle(hx.items.setdefault(index, Unknown(name, hx.reason, free=hx.free)), m.facts)
    return None


def _is_open(value: Value) -> bool:
    """Whether a value is a tensor of unknown rank, or can be one, and no recurrent result."""
    if isinstance(value, Unknown):
        return value.kind in (None, "tensor")
    return isinstance(value, Tensor) and value.shape.open and value.role is None


def _learn_shape(m: Machine, value: Value, shape: Shape) -> None:
    """Give a value the shape that torch enforced, as far as nothing else is known of it."""
    if isinstance(value, Unknown) and value.kind in (None, "tensor"):
        tensor: Tensor | None = value.as_tensor()
    else:
        tensor = value if isinstance(value, Tensor) else None
    if tensor is None or not tensor.shape.open:
        return
    known, rank = tensor.shape, shape.rank
    if not known.min_rank:
        m.refine(tensor, shape)
    elif rank is not None and known.min_rank <= rank and rank <= (known.max_rank or rank):
        m.refine(tensor, Shape((*known.left, *shape.left[len(known.left) : rank - len(known.right)], *known.right)))


def _link_ranks(m: Machine, value: Value, hx: Value, made: Value) -> None:
    """The output shares the input's leading sizes; states have its rank where it is surely no PackedSequence."""
    given = m.tensor(value) if isinstance(value, (Tensor, Unknown)) else None
    if given is None or not given.shape.open or not isinstance(made, (Items, Tensor)):
        return
    output, *states = [made] if isinstance(made, Tensor) else made.head
    if isinstance(output, Tensor) and output.shape.open:
        ranks.link(output, given)
        output.leading = output.leading or given.source_of(output.shape)
    for state in _parts([*states, settle(hx, m.facts)]):
        ranks.link(state, given, back=not given.vague)


def _parts(values: list[Value]) -> Iterator[Tensor]:
    """The tensors among some states, those of tuples and of what is only known by its use too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Items):
            yield from _parts(list(value.head))
        elif isinstance(value, Unknown):
            known = value.facts.get("tensor")
            yield from [known] if known is not None else _parts(list(value.items.values()))


def _result(m: Machine, layer: Layer, readings: list[Any]) -> Value:
    config: Any = layer.config
    output = Role(layer, "output")
    if isinstance(config, cells.CellConfig):
        return _cell_result(m, layer, readings)
    packed = [source for source, result, _, _ in readings if isinstance(source, PackedLike)]
    results = [result for _, result, _, _ in readings if not result.open] if readings else []
    if readings and len(packed) == len(readings):
        source = packed[0]
        out: Value = Packed(config.output_size, source.batch, source.seq_len, m.weights[0], output)
        results = [readings[0][1]]
    else:
        shapes = [
            result.output for source, result, _, _ in readings if not isinstance(source, PackedLike) and not result.open
        ]
        shape = merge_shapes(shapes) if shapes else Shape((), (config.output_size,), True, 3)
        out = Tensor(shape, m.weights[0], name="output", role=output, vague=bool(packed))
        out.layout = _output_layout(m, config.batch_first, out)
    hidden = _state_tensor(m, layer, "h_n", [result.h_n for result in results], config.real_hidden)
    state: Value = hidden
    if config.kind == "LSTM":
        cell = _state_tensor(m, layer, "c_n", [result.c_n for result in results], config.hidden_size)
        state = Items("tuple", [hidden, cell], role=Role(layer, "state"))
    return Items("tuple", [out, state], role=Role(layer, "result"))


def _state_tensor(m: Machine, layer: Layer, part: str, shapes: list[Any], last: Dim) -> Tensor:
    config: Any = layer.config
    shape = merge_shapes(shapes) if shapes else Shape((config.state_rows,), (last,), True, 3)
    state = Tensor(shape, m.weights[0], name=part, role=_state_role(m, layer, part))
    if shape.rank == 3:
        _note_several(m, shape.left[1])
    # stacked or made anew, on the CPU, in cuDNN and in MIOpen
    state.layout = ROWS
    return state


def _note_several(m: Machine, size: Dim) -> None:
    """Note a size that a caller or data chooses and that is hardly ever 1. Steps are: decoders take one at a time."""
    atom = single_atom(size)
    if atom is not None and atom.kind == "symbol" and not atom.opaque:
        m.several.add(atom)


def _output_layout(m: Machine, batch_first: Dim, out: Tensor) -> Layout | None:
    """torch computes time step by time step; with batch_first it turns the result over, on the CPU and in cuDNN."""
    if out.vague or not isinstance(batch_first, int):
        return None
    if not batch_first or out.shape.rank == 2:
        return ROWS
    if out.shape.rank != 3:
        return None
    batch, steps, features = out.shape.left
    words = "with batch_first=True the output is a transposed view of (seq_len, batch, features)"
    return Layout(ROWS, (steps, batch, features), ((1, 1), (0, 1), (2, 1)), site=m.here(), words=words)


def _state_role(m: Machine, layer: Layer, part: str) -> Role:
    return Role(layer, part, born=tuple((run, run.round) for run in m.loops))


def _cell_result(m: Machine, layer: Layer, readings: list[Any]) -> Value:
    config: Any = layer.config
    results = [result for _, result, _, _ in readings if not result.open]
    shape = merge_shapes([result.h for result in results]) if results else Shape((), (config.hidden_size,), True, 2)

    def state(part: str) -> Tensor:
        return Tensor(shape, m.weights[0], name=part, role=_state_role(m, layer, part))

    if config.kind == "LSTMCell":
        return Items("tuple", [state("h_n"), state("c_n")], role=Role(layer, "state"))
    return state("h_n")


def merge_shapes(shapes: list[tuple[Dim, ...]]) -> Shape:
    """What several possible shapes have in common."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return Shape(first)
    shortest = min(len(shape) for shape in shapes)
    right: list[Dim] = []
    for i in range(1, shortest + 1):
        if any(shape[-i] != first[-i] for shape in shapes):
            break
        right.insert(0, first[-i])
    left: list[Dim] = []
    for i in range(shortest - len(right)):
        if any(shape[i] != first[i] for shape in shapes):
            break
        left.append(first[i])
    return Shape(tuple(left), tuple(right), True, max(len(shape) for shape in shapes))


_CONFIG_OF_NEED = {
    "input.features": ("input_size",),
    "state.layers": ("num_layers", "bidirectional"),
    "state.hidden": ("hidden_size", "proj_size"),
    "state.batch": ("batch_first",),
}


def call_sources(m: Machine, layer: Layer, need: Need, value: Value, hx: Value) -> list[Related]:
    """Where the numbers of a call's need come from: constructor arguments, and where the value was made."""
    related = list(sources.of_options(layer, _CONFIG_OF_NEED.get(need.what, ())))
    made = _made(value if need.subject == "input" else _state_part(hx, need.subject))
    if made is not None:
        # a sample's axes are not those of the batch that it became a part of
        axis = need.axis_name if need.subject == "input" else f"axis {need.axis} is" if need.axis is not None else ""
        size = f": {axis} {show(need.got)}" if axis and is_dim(need.got) else ""
        what = "state" if need.subject == "hx" else need.subject
        related.append(made.related(f"{what} made here{size}"))
    return related


def _places(value: Value, hx: Value) -> dict[str, Site]:
    """Where the values of a call were made, by the names that needs have for them."""
    states = {name: _state_part(hx, name) for name in (("h_0", "c_0") if isinstance(hx, Items) else ("h_0",))}
    made = {name: _made(part) for name, part in {"input": value, "hx": hx, **states}.items()}
    return {name: place for name, place in made.items() if place is not None}


def _state_part(hx: Value, subject: str) -> Value:
    if isinstance(hx, Items):
        index = 1 if subject == "c_0" else 0
        return hx.head[index] if index < len(hx.head) else hx
    return hx


def _made(value: Value) -> Site | None:
    return getattr(value, "made", None) if isinstance(value, (Tensor, Items, Packed)) else None
