"""One layer in full, from its constructor's text: input, states, outputs, every weight, the number of parameters.

Everything comes from `lstmcheck.contract`; torch is not needed. A layer's batch and sequence length are named where no
input is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lstmcheck.config import did_you_mean
from lstmcheck.contract import arguments, cells, recurrent
from lstmcheck.contract.arguments import Argument
from lstmcheck.contract.config import GATE_MEANINGS
from lstmcheck.contract.needs import Need, holds
from lstmcheck.contract.values import TensorLike
from lstmcheck.contract.weights import ROLES, parameter_count, weights
from lstmcheck.dims import Dim, show, symbol

KINDS = tuple(arguments.CONSTRUCTORS)
_PREFIXES = ("", "nn.", "torch.nn.")


class NotALayer(Exception):
    """The text is not a constructor of a recurrent layer, or the input is no shape; one line with the way out."""


@dataclass(frozen=True)
class Remark:
    """Something that torch refuses, warns about, or that is silently not what it seems."""

    code: str
    severity: str
    message: str
    torch_says: str | None
    help: str | None
    need: Any = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain values."""
        names = ("code", "severity", "message", "torch_says", "help")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Row:
    """One tensor: its name, shape, and what its axes are; `gates` are the blocks of its first axis in order."""

    name: str
    shape: tuple[str, ...]
    meaning: str
    gates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """One way to take the input: which axis is what, the call's tensors, and what torch refuses of it."""

    title: str
    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...] = ()
    chosen: bool = True


@dataclass(frozen=True)
class LayerShapes:
    """A layer in full; `str()` is the page in plain text. `fails` says that torch refuses it or the call."""

    text: str
    kind: str
    readings: tuple[Reading, ...]
    weights: tuple[Row, ...]
    gates: tuple[tuple[str, str], ...]
    parameters: int | None
    remarks: tuple[Remark, ...] = field(default=())
    config: Any = field(default=None, repr=False, compare=False)

    @property
    def fails(self) -> bool:
        """Whether something is an error or warning."""
        chosen = [remark for reading in self.readings if reading.chosen for remark in reading.remarks]
        return bool(self.remarks or chosen)

    def to_json(self) -> dict[str, Any]:
        """The same facts as plain values."""
        return {
            "layer": self.text,
            "class": self.kind,
            "problems": [remark.to_json() for remark in self.remarks],
            "readings": [
                {
                    "title": reading.title,
                    "chosen": reading.chosen,
                    "tensors": [_row_json(row) for row in reading.rows],
                    "problems": [remark.to_json() for remark in reading.remarks],
                }
                for reading in self.readings
            ],
            "weights": [_row_json(row) for row in self.weights],
            "gates": dict(self.gates),
            "parameters": self.parameters,
        }

    def __str__(self) -> str:
        from lstmcheck.survey.layer_page import page

        return "\n".join(page(self))


def _row_json(row: Row) -> dict[str, Any]:
    shape = [int(size) if size.isdecimal() else size for size in row.shape]
    return {"name": row.name, "shape": shape, "meaning": row.meaning, "gates": list(row.gates)}


def looks_like_constructor(text: str) -> bool:
    """Whether a text is meant as a constructor and not as a path."""
    head = text.partition("(")[0].strip()
    return "(" in text or head.rpartition(".")[2] in KINDS


def layer_shapes(text: str, input: Sequence[int] | None = None) -> LayerShapes:
    """What `text` constructs, called with a tensor of the shape `input` (or of any fitting shape, in names).

    Raises NotALayer where the text is no constructor with plain arguments.
    """
    kind, given, keywords = _parsed(text)
    shown = f"nn.{kind}({text.partition('(')[2].strip().removesuffix(')')})"
    bound, refused = _driven(arguments.bind(kind, given, keywords))
    if refused:
        return LayerShapes(shown, kind, (), (), (), None, tuple(map(_remark(kind), refused)))
    config, unmet = _driven(arguments.construct(kind, {name: Argument.of(value) for name, value in bound.items()}))
    remarks = tuple(map(_remark(kind), unmet))
    if any(need.raises is not None and not need.warns for need in unmet):
        return LayerShapes(shown, kind, (), (), (), None, remarks)
    gates = config.gates
    rows = tuple(
        Row(
            weight.name,
            tuple(map(show, weight.shape)),
            ROLES[weight.role],
            gates if weight.role != "weight_hr" and len(gates) > 1 else (),
        )
        for weight in weights(config)
    )
    count = parameter_count(config)
    return LayerShapes(
        shown,
        kind,
        tuple(_readings(config, input, kind)),
        rows,
        tuple((gate, GATE_MEANINGS[gate]) for gate in gates if len(gates) > 1),
        count if isinstance(count, int) else None,
        remarks,
        config,
    )


def _parsed(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise NotALayer(f'{text!r} is not a constructor: write one like "nn.LSTM(10, 20, num_layers=2)"') from None
    if not isinstance(node, ast.Call):
        raise NotALayer(f"{text!r} has no arguments: write {text.strip()}(INPUT_SIZE, HIDDEN_SIZE)")
    name = ast.unparse(node.func)
    head, _, kind = name.rpartition(".")
    if kind not in KINDS or (f"{head}." if head else "") not in _PREFIXES:
        near = did_you_mean(kind, KINDS)
        raise NotALayer(f"{name!r} is not one of {', '.join(f'nn.{kind}' for kind in KINDS)}{near}")
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for argument in node.args:
        args.append(_plain(argument))
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotALayer("arguments are written out here, not unpacked with **")
        keywords[keyword.arg] = _plain(keyword.value)
    return kind, args, keywords


def _plain(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        pass
    value = _arithmetic(node)
    if value is None:
        raise NotALayer(f"{ast.unparse(node)!r} is not a number, True, False or text: put its value there")
    return value


_OPERATIONS = {ast.Add: int.__add__, ast.Sub: int.__sub__, ast.Mult: int.__mul__}


def _arithmetic(node: ast.expr) -> int | None:
    """`2 * 128`, as people write sizes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _arithmetic(node.left), _arithmetic(node.right)
        if left is not None and right is not None:
            return int(_OPERATIONS[type(node.op)](left, right))
    return None


def parsed_input(text: str) -> tuple[int, ...]:
    """`100,50,10` (with or without brackets and spaces) as a shape. Raises NotALayer."""
    parts = [part.strip() for part in text.strip().strip("()[]").split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise NotALayer(f"--input {text!r} is no shape: write its sizes with commas, like --input 100,50,10")
    return tuple(int(part) for part in parts)


def _driven(requirements: Any) -> tuple[Any, list[Need]]:
    """Run a contract function over plain values: its result, and what is not met up to what torch raises."""
    unmet: list[Need] = []
    stopped = False
    try:
        need = next(requirements)
        while True:
            if not stopped and need.detail.get("outcome") != "accepted" and not holds(need):
                unmet.append(need)
                stopped = need.raises is not None and not need.warns
            need = requirements.send(None)
    except StopIteration as stop:
        return stop.value, unmet


def _remark(kind: str) -> Any:
    def worded(need: Need) -> Remark:
        from lstmcheck.findings import Location, Violation
        from lstmcheck.rules import judge

        layer = {"kind": kind, "text": f"nn.{kind}", "config": None, "location": Location("", 1, 1, 1, 1)}
        finding = judge(Violation(need, Location("<layer>", 1, 1, 1, 1), layer=layer))
        said = need.raises.text if need.raises is not None else None
        if finding is None:
            severity = "warning" if need.warns or need.raises is None else "error"
            words = said or f"{need.subject} is {need.got}, expected {need.want}"
            return Remark("", severity, words, said, None, need)
        return Remark(finding.code, finding.severity, finding.message, finding.torch_says, finding.help, need)

    return worded


# Readings of the input


def _readings(config: Any, input: Sequence[int] | None, kind: str) -> Iterator[Reading]:
    if isinstance(config, cells.CellConfig):
        sizes = [input] if input is not None else [("N", config.input_size), (config.input_size,)]
        for size in sizes:
            shape = _named(size)
            title = "a batch" if len(shape) == 2 else "one sample, no batch" if len(shape) == 1 else "input"
            axes = {1: ("features",), 2: ("batch", "features")}.get(len(shape), ())
            yield _cell_reading(config, shape, axes, title, kind)
        return
    given = input if input is not None else (("N", "L") if config.batch_first else ("L", "N")) + (config.input_size,)
    shape = _named(given)
    if len(shape) == 3:
        for batch_first in (bool(config.batch_first), not config.batch_first):
            order = ("batch", "time steps") if batch_first else ("time steps", "batch")
            as_made = batch_first == bool(config.batch_first)
            swapped = input is None and not as_made
            read = (shape[1], shape[0], shape[2]) if swapped else shape
            title = f"{order[0]} first (batch_first={batch_first})"
            if not as_made:
                title = f"built with batch_first={batch_first} instead: {order[0]} first"
            axes = (*order, "features")
            yield _layer_reading(replace(config, batch_first=int(batch_first)), read, axes, title, as_made, kind)
        if input is None:
            alone = (*_named(("L",)), config.input_size)
            yield _layer_reading(config, alone, ("time steps", "features"), "one sequence, no batch", True, kind)
    elif len(shape) == 2:
        title = "one sequence, no batch: a 2-D input is never a batch of single steps"
        yield _layer_reading(config, shape, ("time steps", "features"), title, True, kind)
    else:
        yield _layer_reading(config, shape, (), "input", True, kind)


def _named(sizes: Sequence[Any]) -> tuple[Dim, ...]:
    return tuple(symbol(size, 1) if isinstance(size, str) else size for size in sizes)


def _layer_reading(
    config: Any, shape: tuple[Dim, ...], axes: tuple[str, ...], title: str, chosen: bool, kind: str
) -> Reading:
    unmet = _refused(recurrent.forward(config, TensorLike(shape)))
    rows = [_row("input", shape, axes)]
    if axes:
        result = recurrent.result_shapes(config, TensorLike(shape))
        # the axes before the last are the input's own
        state_axes = ("layers * directions" if config.bidirectional else "layers", *(("batch",) * (len(shape) == 3)))
        hidden = "proj_size" if config.proj_size else "hidden_size"
        out = f"{'2 * ' if config.bidirectional else ''}{hidden}"
        states = [("h", result.h_n, hidden)]
        if result.c_n is not None:
            states.append(("c", result.c_n, "hidden_size"))
        rows += [_row(f"{name}_0", state, (*state_axes, last)) for name, state, last in states]
        rows.append(_row("output", result.output, (*axes[:-1], out)))
        rows += [_row(f"{name}_n", state, (*state_axes, last)) for name, state, last in states]
    return Reading(title, tuple(rows), tuple(map(_remark(kind), unmet)), chosen)


def _cell_reading(config: Any, shape: tuple[Dim, ...], axes: tuple[str, ...], title: str, kind: str) -> Reading:
    requirements = cells.forward(config, TensorLike(shape))
    result, unmet = _driven(requirements) if all(isinstance(size, int) for size in shape) else (None, [])
    rows = [_row("input", shape, axes)]
    if axes:
        if result is None:
            result = _last(cells.forward(config, TensorLike(shape)))
        state_axes = (*axes[:-1], "hidden_size")
        names = ["h", *(["c"] if result.c is not None else [])]
        rows += [_row(f"{name}_0", result.h, state_axes) for name in names]
        rows += [_row(f"{name}_1", result.h, state_axes) for name in names]
    return Reading(title, tuple(rows), tuple(map(_remark(kind), unmet)))


def _refused(requirements: Any) -> list[Need]:
    """What is not met of needs about plain numbers; those about names are met."""
    unmet: list[Need] = []
    for need in requirements:
        plain = all(isinstance(side, (int, float, str, tuple, type(None))) for side in (need.got, need.want))
        if plain and need.detail.get("outcome") != "accepted" and not holds(need):
            unmet.append(need)
            if need.raises is not None and not need.warns:
                break
    return unmet


def _last(requirements: Any) -> Any:
    try:
        while True:
            next(requirements)
    except StopIteration as stop:
        return stop.value


def _row(name: str, shape: Sequence[Dim], axes: tuple[str, ...]) -> Row:
    return Row(name, tuple(map(show, shape)), ", ".join(axes))
