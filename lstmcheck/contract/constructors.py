"""What the six constructors require of their arguments, in torch's order.

Source of fact: torch/nn/modules/rnn.py of 2.13, held against torch by tests/contract/test_constructors.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Union

from lstmcheck.contract import versions
from lstmcheck.contract.cells import CELL_KINDS, CellConfig
from lstmcheck.contract.config import FLOATING, GATES, RecurrentConfig
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.signatures import DEFAULTS
from lstmcheck.contract.versions import LATEST, Version
from lstmcheck.dims import Dim, Poly, equals, guard, symbol
from lstmcheck.frozen import frozen

Config = Union[RecurrentConfig, CellConfig]


@frozen
class Argument:
    """What is known of one argument.

    `type` is the name of its Python type ("int", "bool", "float", "str", "NoneType", "tuple", "Tensor", "dtype", ...),
    None when unknown. `value` is a Dim for ints and for bools (0 or 1, a guard when open), a Python float, a str, for
    a dtype or device its name ("torch.float32", "cuda:0"); None when unknown.
    """

    type: str | None = None
    value: Any = None

    @classmethod
    def of(cls, value: Any) -> Argument:
        """The description of a Python value."""
        name = type(value).__name__
        if isinstance(value, (bool, int, float, str, Poly)):
            return cls("int" if isinstance(value, Poly) else name, int(value) if isinstance(value, bool) else value)
        return cls(name, str(value) if name in ("dtype", "device") else None)


_NUMBERS = ("int", "float", "Fraction", "Decimal", "float16", "float32", "float64", "int32", "int64")
_FLOATABLE = (*_NUMBERS, "bool", "str", "bytes", "bytearray", "Tensor", "Parameter", "ndarray")
_NOT_FLOATABLE = ("NoneType", "list", "tuple", "dict", "set", "complex", "function", "type", "dtype", "device")
_NOT_ORDERED = ("NoneType", "list", "tuple", "dict", "set", "complex", "str", "bytes", "function", "type", "dtype")
_KNOWN = frozenset((*_FLOATABLE, *_NOT_FLOATABLE, *_NOT_ORDERED))
_NOT_MULTIPLIED = ("NoneType", "dict", "set", "function", "type", "dtype", "device")
_NOT_A_SIZE = ("float", "str", "list", "tuple", "complex", "bytes")

_DROPOUT = "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
_UNUSED = (
    "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
    "than 1, but got dropout={dropout} and num_layers={num_layers}"
)
_NO_GRADIENT = "Only Tensors of floating point and complex dtype can require gradients"


def construct(kind: str, arguments: Mapping[str, Argument], version: Version = LATEST) -> Requirements[Config]:
    """What the constructor requires of bound arguments, in torch's order; returns the configuration.

    Missing names take torch's defaults. A size whose value is unknown becomes a fresh symbol (at least 1) in the
    configuration and a flag a fresh guard, so that it has no holes; pass a Poly of your own to keep its identity.
    """
    full = {name: Argument.of(default) for name, default in DEFAULTS.items()}
    full.update({"input_size": Argument(), "hidden_size": Argument()})
    full.update(arguments)
    if kind in CELL_KINDS:
        return (yield from _construct_cell(kind, full))
    return (yield from _construct_layer(kind, full, version))


def _construct_layer(kind: str, given: Mapping[str, Argument], version: Version) -> Requirements[Config]:
    if kind == "RNN":
        yield _nonlinearity(given["nonlinearity"])
    yield from dropout_needs(given["dropout"], given["num_layers"])
    if version >= versions.FLAGS_AND_INPUT_SIZE_CHECKED:
        yield _typed("bias", given["bias"], ("bool",))
        yield _typed("batch_first", given["batch_first"], ("bool",))
        yield _typed("input_size", given["input_size"], ("int", "bool"))
        yield _positive("input_size", given["input_size"])
    if version >= versions.HIDDEN_SIZE_CHECKED:
        yield _typed("hidden_size", given["hidden_size"], ("int", "bool"))
        yield _positive("hidden_size", given["hidden_size"])
    if version >= versions.NUM_LAYERS_CHECKED:
        yield _ordered("num_layers", given["num_layers"], "<=")
        yield _positive("num_layers", given["num_layers"])
    yield from _projection(kind, given["proj_size"], given["hidden_size"])
    yield from _made(kind, given)
    yield from _accepted_but_harmful(given)
    flags = ("batch_first", "bidirectional")
    call_raises = given["num_layers"].type == "bool" or any(given[flag].type not in ("bool", None) for flag in flags)
    return RecurrentConfig(
        kind=kind,
        input_size=_size("input_size", given["input_size"]),
        hidden_size=_size("hidden_size", given["hidden_size"]),
        num_layers=_size("num_layers", given["num_layers"]),
        bias=_truth("bias", given["bias"]),
        batch_first=_truth("batch_first", given["batch_first"]),
        dropout=_dropout_value(given["dropout"]),
        bidirectional=_truth("bidirectional", given["bidirectional"]),
        proj_size=_projected(given["proj_size"]),
        nonlinearity=_text(given["nonlinearity"]) if kind == "RNN" else "tanh",
        dtype=_text(given["dtype"]),
        device=_text(given["device"]),
        call_raises=call_raises,
    )


def _construct_cell(kind: str, given: Mapping[str, Argument]) -> Requirements[Config]:
    hidden, inputs = given["hidden_size"], given["input_size"]
    gates = len(GATES[kind.removesuffix("Cell")])
    yield Need(
        "construct.type",
        subject="hidden_size",
        got=_among(hidden.type, _NOT_MULTIPLIED, ("int", "bool")),
        want=("int", "bool"),
        relation="one of",
        raises=Raises("TypeError", "unsupported operand type(s) for *: 'int' and '{got}'", {"got": hidden.type}),
    )
    yield Need(
        "construct.type",
        subject="hidden_size",
        got=_among(hidden.type, _NOT_A_SIZE, ("int", "bool")),
        want=("int", "bool"),
        relation="one of",
        raises=_not_a_size(hidden.type),
    )
    yield Need(
        "construct.type",
        subject="input_size",
        got=_among(inputs.type, (*_NOT_MULTIPLIED, *_NOT_A_SIZE), ("int", "bool")),
        want=("int", "bool"),
        relation="one of",
        raises=_not_a_size(inputs.type, first=False),
    )
    yield from _factory(given)
    rows = None if _number(hidden) is None else gates * hidden.value
    for name, value, dimension in (("hidden_size", hidden, rows), ("input_size", inputs, _number(inputs))):
        yield Need(
            "construct.range",
            subject=name,
            got=_number(value),
            want=0,
            relation="at least",
            raises=Raises(
                "RuntimeError",
                "Trying to create tensor with negative dimension {dimension}: {size}",
                {"dimension": dimension, "size": [rows, _number(inputs)]},
            ),
        )
    yield _real_dtype(given["dtype"])
    for name in ("input_size", "hidden_size"):
        yield _not_bool(name, given[name])
    yield Need(
        "construct.cell_bias",
        subject="bias",
        got=given["bias"].type,
        want=("bool",),
        relation="one of",
        detail={"outcome": "accepted", "value": given["bias"].value},
    )
    if kind == "RNNCell":
        nonlinearity = given["nonlinearity"]
        yield Need(
            "construct.nonlinearity",
            subject="nonlinearity",
            got=_nonlinearity_name(nonlinearity),
            want=("tanh", "relu"),
            relation="one of",
            detail={
                "outcome": "accepted",
                "call": Raises(
                    "RuntimeError", "Unknown nonlinearity: {got}", {"got": _nonlinearity_name(nonlinearity)}
                ),
            },
        )
    return CellConfig(
        kind=kind,
        input_size=_size("input_size", inputs, lower=0),
        hidden_size=_size("hidden_size", hidden, lower=0),
        bias=_truth("bias", given["bias"]),
        nonlinearity=_nonlinearity_name(given["nonlinearity"]) if kind == "RNNCell" else "tanh",
        dtype=_text(given["dtype"]),
        device=_text(given["device"]),
    )


def _nonlinearity_name(argument: Argument) -> str | None:
    """The name as torch would print it: a wrong type is its value's text."""
    if argument.type in (None, "str"):
        return _text(argument)
    if argument.type == "bool" and isinstance(argument.value, int):
        return str(bool(argument.value))
    return "None" if argument.type == "NoneType" else str(argument.value)


def _nonlinearity(argument: Argument) -> Need:
    name = _nonlinearity_name(argument)
    return Need(
        "construct.nonlinearity",
        subject="nonlinearity",
        got=name,
        want=("tanh", "relu"),
        relation="one of",
        raises=Raises("ValueError", "Unknown nonlinearity '{got}'. Select from 'tanh' or 'relu'.", {"got": name}),
        detail={"type": argument.type},
    )


def dropout_needs(dropout: Argument, num_layers: Argument) -> Requirements[None]:
    """What torch requires of `dropout`, and where it does nothing."""
    yield Need(
        "construct.type",
        subject="dropout",
        got=dropout.type if dropout.type in _KNOWN else None,
        want=_FLOATABLE,
        relation="one of",
        raises=Raises(
            "TypeError",
            "float() argument must be a string or a real number, not '{got}'",
            {"got": dropout.type},
        ),
    )
    yield Need(
        "construct.type",
        subject="dropout",
        got=dropout.type if dropout.type in _KNOWN else None,
        want=_NUMBERS,
        relation="one of",
        raises=_not_a_number(dropout),
    )
    value = _number(dropout) if dropout.type in ("int", "float") else None
    for bound, relation in ((0, "at least"), (1, "at most")):
        yield Need(
            "construct.range",
            subject="dropout",
            got=value,
            want=bound,
            relation=relation,  # type: ignore[arg-type]
            raises=Raises("ValueError", _DROPOUT),
        )
    if isinstance(value, (int, float)) and value > 0:
        yield Need(
            "construct.dropout_unused",
            subject="dropout",
            got=_number(num_layers),
            want=2,
            relation="at least",
            raises=Raises(
                "UserWarning",
                _UNUSED,
                {"dropout": value, "num_layers": _printed(num_layers)},
            ),
            warns=True,
            detail={"dropout": value},
        )
    if isinstance(value, (int, float)) and value == 1:
        yield Need(
            "construct.dropout_all",
            subject="dropout",
            got=_number(num_layers),
            want=1,
            relation="at most",
            detail={"outcome": "accepted", "dropout": value},
        )


def _not_a_number(dropout: Argument) -> Raises:
    if dropout.type == "str":
        if not isinstance(dropout.value, str):
            return Raises("ValueError", "", exact=False)
        try:
            float(dropout.value)
        except ValueError:
            return Raises("ValueError", "could not convert string to float: {value}", {"value": repr(dropout.value)})
    return Raises("ValueError", _DROPOUT)


def _projection(kind: str, proj_size: Argument, hidden_size: Argument) -> Requirements[None]:
    yield _ordered("proj_size", proj_size, "<")
    value = _number(proj_size)
    if isinstance(value, float) and math.isnan(value):
        value = None  # passes both comparisons
    yield Need(
        "construct.proj_size",
        subject="proj_size",
        got=value,
        want=0,
        relation="at least",
        raises=Raises("ValueError", "proj_size should be a positive integer or zero to disable projections"),
    )
    yield Need(
        "construct.proj_size",
        subject="proj_size",
        got=value,
        want=_number(hidden_size),
        relation="below",
        raises=Raises("ValueError", "proj_size has to be smaller than hidden_size"),
    )
    if kind != "LSTM":
        yield Need(
            "construct.proj_size",
            subject="proj_size",
            got=value,
            want=0,
            detail={"outcome": "accepted", "call": Raises("RuntimeError", "", exact=False)},
        )


def _made(kind: str, given: Mapping[str, Argument]) -> Requirements[None]:
    """What raises only when the weights are made, in the order in which they are."""
    layers, hidden, proj_size = given["num_layers"], given["hidden_size"], given["proj_size"]
    yield Need(
        "construct.type",
        subject="num_layers",
        got=_among(layers.type, ("float",), ("int", "bool")),
        want=("int", "bool"),
        relation="one of",
        raises=Raises("TypeError", "'float' object cannot be interpreted as an integer"),
    )
    if kind == "RNN":
        # the gate count is 1, so the bool itself reaches torch.empty
        yield Need(
            "construct.type",
            subject="hidden_size",
            got=_among(hidden.type, ("bool",), ("int",)),
            want=("int",),
            relation="one of",
            raises=_not_a_size("bool"),
        )
    yield from _factory(given)
    yield _real_dtype(given["dtype"])
    if proj_size.type in ("bool", "float") and isinstance(proj_size.value, (int, float)) and proj_size.value != 0:
        first = proj_size.type == "bool" or math.isnan(proj_size.value)
        yield Need(
            "construct.type",
            subject="proj_size",
            got=proj_size.type,
            want=("int",),
            relation="one of",
            raises=_not_a_size(proj_size.type, first),
        )


def _accepted_but_harmful(given: Mapping[str, Argument]) -> Requirements[None]:
    for name in ("input_size", "hidden_size", "num_layers"):
        yield _not_bool(name, given[name])
    yield Need(
        "construct.bidirectional",
        subject="bidirectional",
        got=given["bidirectional"].type,
        want=("bool",),
        relation="one of",
        detail={"outcome": "accepted", "call": _CALL_RAISES, "value": given["bidirectional"].value},
    )


_CALL_RAISES = Raises("TypeError", "", exact=False)


def _not_bool(name: str, argument: Argument) -> Need:
    return Need(
        "construct.bool_as_int",
        subject=name,
        got=_among(argument.type, ("bool",), ("int",)),
        want=("int",),
        relation="one of",
        detail={"outcome": "accepted", **({"call": _CALL_RAISES} if name == "num_layers" else {})},
    )


def _factory(given: Mapping[str, Argument]) -> Requirements[None]:
    for name, want in (("dtype", ("dtype", "NoneType")), ("device", ("device", "str", "int", "NoneType"))):
        argument = given[name]
        yield Need(
            "construct.type",
            subject=name,
            got=argument.type if argument.type in (*_KNOWN, "device") else None,
            want=want,
            relation="one of",
            raises=Raises(
                "TypeError",
                "empty(): argument '{name}' must be torch.{name}, not {got}",
                {"name": name, "got": argument.type},
            ),
        )
    device = given["device"]
    yield Need(
        "construct.device",
        subject="device",
        got=device.value.split(":")[0] if device.type == "str" and isinstance(device.value, str) else None,
        want=DEVICE_TYPES,
        relation="one of",
        raises=Raises(
            "RuntimeError",
            "Expected one of {types} device type at start of device string: {got}",
            {"types": ", ".join(DEVICE_TYPES), "got": device.value},
        ),
    )


DEVICE_TYPES = (
    "cpu",
    "cuda",
    "ipu",
    "xpu",
    "mkldnn",
    "opengl",
    "opencl",
    "ideep",
    "hip",
    "ve",
    "fpga",
    "maia",
    "xla",
    "lazy",
    "vulkan",
    "mps",
    "meta",
    "hpu",
    "mtia",
    "privateuseone",
)


def _real_dtype(dtype: Argument) -> Need:
    return Need(
        "construct.dtype",
        subject="dtype",
        got=_text(dtype) if dtype.type == "dtype" else None,
        want=FLOATING,
        relation="one of",
        raises=Raises("RuntimeError", _NO_GRADIENT),
    )


def _not_a_size(type_name: str | None, first: bool = True) -> Raises:
    """What torch.empty says of one of two sizes: of the second one in other words."""
    template = (
        "empty(): argument 'size' (position 1) must be tuple of ints, but found element of type {got} at pos 0"
        if first
        else "empty(): argument 'size' failed to unpack the object at pos 2 with error \"type must be tuple of ints,"
        'but got {got}"'
    )
    return Raises("TypeError", template, {"got": type_name})


def _typed(name: str, argument: Argument, want: tuple[str, ...]) -> Need:
    return Need(
        "construct.type",
        subject=name,
        got=argument.type,
        want=want,
        relation="one of",
        raises=Raises(
            "TypeError",
            "{name} should be of type {want}, got: {got}",
            {"name": name, "want": want[0], "got": argument.type},
        ),
    )


def _ordered(name: str, argument: Argument, operator: str) -> Need:
    return Need(
        "construct.type",
        subject=name,
        got=_among(argument.type, _NOT_ORDERED, ("int", "bool", "float")),
        want=("int", "bool", "float"),
        relation="one of",
        raises=Raises(
            "TypeError",
            "'{operator}' not supported between instances of '{got}' and 'int'",
            {"operator": operator, "got": argument.type},
        ),
    )


def _positive(name: str, argument: Argument) -> Need:
    value = argument.value
    # torch asks `<= 0`: a float such as 0.5 passes here and fails later
    passes = argument.type == "float" and not (isinstance(value, float) and value <= 0)
    return Need(
        "construct.range",
        subject=name,
        got=None if passes else _number(argument),
        want=1,
        relation="at least",
        raises=Raises("ValueError", "{name} must be greater than zero", {"name": name}),
    )


def _among(type_name: str | None, bad: tuple[str, ...], good: tuple[str, ...]) -> str | None:
    """A type that the tables place, else None: what a subclass or a numpy scalar does is not known here."""
    return type_name if type_name in bad or type_name in good else None


def _number(argument: Argument) -> Any:
    return argument.value if argument.type in ("int", "bool", "float", None) and argument.value != "" else None


def _text(argument: Argument) -> str | None:
    return argument.value if isinstance(argument.value, str) else None


def _printed(argument: Argument) -> Any:
    return bool(argument.value) if argument.type == "bool" and isinstance(argument.value, int) else argument.value


def _size(name: str, argument: Argument, lower: int = 1) -> Dim:
    value = argument.value
    return int(value) if isinstance(value, int) else value if isinstance(value, Poly) else symbol(name, lower)


def _projected(argument: Argument) -> Dim:
    return 0 if argument.type == "float" and argument.value == 0 else _size("proj_size", argument, lower=0)


def _truth(name: str, argument: Argument) -> Dim:
    value = argument.value
    if argument.type == "NoneType":
        return 0
    if isinstance(value, Poly):
        return value if argument.type in ("bool", None) else 1 - equals(value, 0)
    return guard(name) if value is None else int(bool(value))


def _dropout_value(argument: Argument) -> Dim | float | None:
    value = argument.value
    return value if isinstance(value, (int, float, Poly)) else None
