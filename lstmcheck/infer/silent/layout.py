"""Batch and time at a recurrent layer: what the data says of its axes against how the layer reads them."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.cells import CellConfig
from lstmcheck.contract.checks import size_error
from lstmcheck.contract.needs import Need
from lstmcheck.dims import Poly, Verdict, compare
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.meaning.axes import Axes, Axis, Evidence, axes_of, mean, places
from lstmcheck.infer.meaning.names import described
from lstmcheck.infer.silent import rows, scramble
from lstmcheck.infer.silent.unused import unread_lengths, unread_mask
from lstmcheck.infer.torch_ops.common import equal, with_rank
from lstmcheck.infer.values import Items, Layer, Packed, Tensor, Unknown, Value


def called(m: Machine, layer: Layer, value: Value, hx: Value, result: Value) -> None:
    """Hold the input's meanings against the layer's reading, and give the results theirs."""
    config = layer.config
    rows.used(hx)
    x = m.tensor(value) if isinstance(value, (Tensor, Unknown)) else None
    if x is not None:
        scramble.entered(m, layer, x)
    for state in hx.head if isinstance(hx, Items) else (hx,):
        if isinstance(state, Tensor):
            scramble.entered(m, layer, state, ("mixed", "mixed state"))
    if isinstance(config, CellConfig):
        _cell(m, layer, x, hx, result)
        return
    if not isinstance(result, Items) or len(result.head) != 2:
        return
    if isinstance(value, Packed):
        _packed_results(m, layer, value, result)
        return
    first = m.facts.simplify(config.batch_first)  # type: ignore[union-attr]
    if x is None or not isinstance(first, int):
        return
    if x.shape.rank == 2:
        _one_sequence(m, layer, x, hx)
        return
    batch, time = (0, 1) if first else (1, 0)
    given = described(m, x, 3)
    wrong = _wrong(given, batch, time) if given is not None else []
    if given is not None and wrong and _matters(m, wrong, _is_one(m, x, given, time), _is_one(m, x, given, batch), hx):
        _dispute(m, layer, wrong, time if given[time] is wrong[0] else batch, batch == 0)
    _state_batch(m, layer, x, hx, given, batch, time)
    if not wrong:
        _results(m, layer, x, given, batch, time, result)


def attended(m: Machine, layer: Layer, x: Tensor, result: Value) -> None:
    """Hold what a recurrent layer says of the axes of its output against how an attention reads them."""
    given = axes_of(x)
    if given is None or len(given) != 3:
        return
    first = _batch_first(m, layer)
    if first is None:
        return
    batch, time = (0, 1) if first else (1, 0)
    wrong = [axis for axis in _wrong(given, batch, time) if axis.layer is not None and axis.evidence.how == "layer"]
    if not wrong:
        for out in result.head[:1] if isinstance(result, Items) else (result,):
            if isinstance(out, Tensor) and "axes" not in out.state:
                _mean(out, (*given[:2], None))
        return
    if m.muted or _is_one(m, x, given, time) or _is_one(m, x, given, batch):
        return
    axis = wrong[0]
    detail = {
        "axis": time if given[time] is axis else batch,
        "is": axis.kind,
        "read": "time" if axis.kind == "batch" else "batch",
        "text": axis.evidence.text,
        "by": layer.kind.rpartition(".")[2],
        "batch_first": first,
    }
    sources = [*places(*wrong, named=True), *([layer.site.related("made here")] if layer.site is not None else [])]
    m.report(Need("silent.layout_read", None, None, "never", "input", detail=detail), m.here(), (), axis.layer, sources)


def _batch_first(m: Machine, layer: Layer) -> bool | None:
    """How an attention reads its input; None where that is not known."""
    inner = layer.args.get("encoder_layer")
    flag = (inner if isinstance(inner, Layer) else layer).args.get("batch_first", False)
    return flag if isinstance(flag, bool) else None


def _is_carried(m: Machine, hx: Value) -> bool:
    """Whether a call goes on from a state that a layer has left: its inputs are one stream, cut in parts."""
    state = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    if isinstance(state, Tensor):
        return state.role is not None or _is_fed_back(m)
    if _is_fed_back(m):
        return True
    call = m.node
    given = isinstance(call, ast.Call) and (len(call.args) > 1 or any(word.arg == "hx" for word in call.keywords))
    return given and not (isinstance(call, ast.Call) and _is_none(call))


def _is_fed_back(m: Machine) -> bool:
    """Whether what this call, or a call that led here, results in is its argument the next time: `y, h = f(x, h)`."""
    for site in (m.here(), *m.calls[-3:]):
        call = site.node
        if not isinstance(call, ast.Call):
            continue
        given = {ast.dump(one) for word in call.keywords for one in _parts(word.value)}
        given |= {ast.dump(one) for argument in call.args[1:] for one in _parts(argument)}
        if not given:
            continue
        for node in ast.walk(site.file.tree):
            if isinstance(node, ast.Assign) and node.value is call:
                return any(_as_read(one) in given for target in node.targets for one in ast.walk(target))
    return False


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, (ast.Tuple, ast.List)) else [node]


def _as_read(node: ast.AST) -> str:
    return ast.dump(node).replace("Store()", "Load()")


def _is_none(call: ast.Call) -> bool:
    values = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "hx")]
    return all(isinstance(value, ast.Constant) and value.value is None for value in values)


def _wrong(given: Axes, batch: int, time: int) -> list[Axis]:
    """The axes that the data calls the batch where the layer reads time, or the reverse."""
    at_time, at_batch = given[time], given[batch]
    if any(axis is not None and axis.kind == kind for axis, kind in ((at_time, "time"), (at_batch, "batch"))):
        # the two sources contradict each other: nothing is proved
        return []
    return [
        axis
        for axis, kind in ((at_time, "batch"), (at_batch, "time"))
        if axis is not None and axis.kind == kind and axis.evidence.how != "reading"
    ]


def _is_one(m: Machine, x: Tensor, given: Axes, position: int) -> bool:
    sizes, axis = with_rank(x, 3), given[position]
    return (axis is not None and axis.kind == "new") or (sizes is not None and equal(sizes[position], 1, m))


def _matters(m: Machine, wrong: list[Axis], one_step: bool, one_sample: bool, hx: Value) -> bool:
    if one_step:
        return False
    how = wrong[0].evidence.how
    if how == "data" and wrong[0].kind == "batch" and _is_carried(m, hx):
        # the rows of a data set may be the steps of one stream
        return False
    # a batch that is read as one sequence may be meant so, unless it is known for a batch of samples
    return not one_sample or how == "data" or (how == "name" and not _is_carried(m, hx))


def _dispute(m: Machine, layer: Layer, wrong: list[Axis], position: int, batch_first: bool) -> None:
    axis = wrong[0]
    detail = {
        "axis": position,
        "is": axis.kind,
        "read": "time" if axis.kind == "batch" else "batch",
        "text": axis.evidence.text,
        "batch_first": batch_first,
    }
    m.report(
        Need("silent.layout", None, None, "never", "input", detail=detail),
        m.here(),
        (),
        layer,
        places(*wrong, named=True),
    )


def _state_batch(m: Machine, layer: Layer, x: Tensor, hx: Value, given: Axes | None, batch: int, time: int) -> None:
    """Report a state whose batch is the size of the input's time axis."""
    state = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    sizes = with_rank(x, 3)
    if not isinstance(state, Tensor) or state.shape.rank != 3 or sizes is None or state.role is not None:
        return
    got = state.shape.left[1]
    if not isinstance(got, Poly) or not equal(got, sizes[time], m):
        return
    if compare(sizes[batch], sizes[time], m.facts).verdict is not Verdict.MAYBE:
        return
    axis = given[batch] if given is not None else None
    told = axis is not None and axis.kind == "batch" and axis.evidence.how == "data"
    detail = {"batch": batch, "time": time, "batch_first": batch == 0, "told": told}
    sources = []
    if state.made is not None:
        sources.append(state.made.related("the state is made here"))
    # of a call with the program's own sizes it is known that torch raises, unless they happen to be equal
    assert layer.config is not None
    shape = state.shape.left
    raises = size_error(layer.config, 0, shape, (shape[0], sizes[batch], shape[2]), 3) if m.concrete else None
    need = Need("silent.state_batch", got, sizes[batch], "never", "h_0", raises=raises, detail=detail)
    m.report(need, m.here(), (), layer, sources)


def _results(m: Machine, layer: Layer, x: Tensor, given: Axes | None, batch: int, time: int, result: Items) -> None:
    out, state = result.head
    kind = layer.kind.rpartition(".")[2]
    how = "batch_first=True" if batch == 0 else "no batch_first=True"
    evidence = Evidence("layer", f"this {kind} has {how}", layer.site)
    known_batch = given[batch] if given is not None else None
    known_time = given[time] if given is not None else None
    padded = known_time.padded if known_time is not None else None
    if padded is None and (known_time is None or known_time.kind == "time"):
        padded = unread_lengths(m) or unread_mask(m)
    order = known_batch.order if known_batch is not None and known_batch.kind == "batch" else None
    told = known_batch is not None and known_batch.kind == "batch" and _is_told(known_batch)
    size = x.size(batch) if x.shape.open else None
    batch_axis = Axis("batch", evidence, layer, order=order, size=size, given=told)
    axes: list[Axis | None] = [None, None, _features(m, layer, evidence)]
    axes[batch], axes[time] = batch_axis, Axis("time", evidence, layer, padded=padded)
    _mean(out, tuple(axes))
    _states(layer, evidence, batch_axis, padded, state)


def _is_told(axis: Axis) -> bool:
    return axis.given or axis.evidence.how == "data"


def _features(m: Machine, layer: Layer, evidence: Evidence) -> Axis:
    both = m.facts.simplify(getattr(layer.config, "bidirectional", 0)) == 1
    return Axis("features", evidence, layer, half="both" if both else "")


def _states(layer: Layer, evidence: Evidence, batch: Axis, padded: object, state: Value) -> None:
    rows = Axis("rows", evidence, layer, padded=padded)  # type: ignore[arg-type]
    for part in state.head if isinstance(state, Items) else (state,):
        _mean(part, (rows, batch, Axis("features", evidence, layer)))


def _mean(value: Value, axes: Axes) -> None:
    if isinstance(value, Tensor) and value.shape.rank in (None, len(axes)):
        mean(value, axes)


def _packed_results(m: Machine, layer: Layer, packed: Packed, result: Items) -> None:
    out, state = result.head
    evidence = Evidence("layer", "the layer's state", layer.site)
    _states(layer, evidence, Axis("batch", evidence, layer, order=packed.order), None, state)
    if isinstance(out, Packed):
        out.order = packed.order


def _one_sequence(m: Machine, layer: Layer, x: Tensor, hx: Value) -> None:
    """A 2-D input is one sequence without a batch: report one whose first axis is, or holds, the batch."""
    axes = described(m, x, 2)
    axis = axes[0] if axes is not None else None
    size = x.shape.left[0]
    if equal(size, 1, m):
        return
    # what another layer calls its batch may be the steps of a larger sequence: the sentences of a document
    is_batch = axis is not None and axis.kind == "batch" and (axis.layer is None or axis.given)
    is_batch = is_batch and axis is not None and axis.evidence.how != "convolution"
    if axis is not None and (is_batch or (axis.kind == "merged" and len(axis.parts) > 1)):
        text, evidence = axis.evidence.text, places(axis, named=True)
    elif isinstance(size, Poly) and _is_product(m, size):
        text, evidence = f"its size is {size}", []
    else:
        return
    if _is_carried(m, hx):
        return
    detail = {"text": text, "merged": axis is None or axis.kind == "merged"}
    m.report(Need("silent.no_time_axis", None, None, "never", "input", detail=detail), m.here(), (), layer, evidence)


def _is_product(m: Machine, size: Poly) -> bool:
    """Whether a size is the product of a batch and a time that the program names so."""
    if len(size.terms) != 1:
        return False
    (atoms, factor), *_ = size.terms.items()
    names = {m.size_names[atom][0] if atom in m.size_names else atom.name for atom in atoms if not atom.args}
    kinds = {meant[0] for name in names if (meant := words.axis_kind(name)) is not None}
    return factor == 1 and kinds == {"batch", "time"}


def _cell(m: Machine, layer: Layer, x: Tensor | None, hx: Value, result: Value) -> None:
    """A cell reads (batch, features): report one that is carried over the samples instead of over the steps."""
    state = hx.head[0] if isinstance(hx, Items) and hx.head else hx
    carried = isinstance(state, Tensor) and state.role is not None and state.role.layer is layer
    axes = described(m, x, 2) if x is not None else None
    first = axes[0] if axes is not None else None
    picked: Axis | None = x.state.get("picked") if x is not None else None
    # the rows of a table, one by one, may be the steps of a stream
    deep = x is not None and x.shape.rank != 1
    wrong = picked if picked is not None and picked.kind == "batch" and deep else None
    if wrong is None and first is not None and first.kind == "time":
        wrong = first
    if x is not None and carried and wrong is not None and not (first is not None and first.kind == "batch"):
        detail = {"is": wrong.kind, "text": wrong.evidence.text, "picked": wrong is picked}
        need = Need("silent.cell_axis", None, None, "never", "input", detail=detail)
        m.report(need, m.here(), (), layer, places(wrong, named=True))
        return
    order = first.order if first is not None and first.kind == "batch" else None
    evidence = Evidence("layer", "a cell's state", layer.site)
    for part in result.head if isinstance(result, Items) else (result,):
        _mean(part, (Axis("batch", evidence, layer, order=order), Axis("features", evidence, layer)))
