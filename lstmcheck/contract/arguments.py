"""The signatures of torch's six recurrent modules as data, how a call binds to them, and what constructors require.

Source of fact: torch/nn/modules/rnn.py of 2.13, held against torch by tests/contract/test_constructors.py, and
against `inspect.signature` by tests/contract/test_signatures.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union

from lstmcheck.contract import versions
from lstmcheck.contract.cells import CELL_KINDS, CellConfig
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.recurrent import GATES, RecurrentConfig
from lstmcheck.contract.versions import LATEST, Version
from lstmcheck.dims import Dim, Poly, equals, guard, symbol

Kind = Literal["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]
Config = Union[RecurrentConfig, CellConfig]
V = TypeVar("V")


@dataclass(frozen=True)
class Signature:
    """One callable's parameters.

    `owner` is the function that Python names in its messages, `leading` what is bound before the caller's arguments,
    `required` how many of `names` have no default, `aside` a name that torch takes out before Python binds the rest.
    """

    owner: str
    leading: tuple[str, ...]
    names: tuple[str, ...]
    required: int
    keyword_only: tuple[str, ...] = ()
    aside: str = ""


_SIZES = ("input_size", "hidden_size", "num_layers")
_FLAGS = ("bias", "batch_first", "dropout", "bidirectional", "proj_size", "device", "dtype")
_CELL = ("input_size", "hidden_size", "bias", "device", "dtype")


def _layer(*names: str, keyword_only: tuple[str, ...] = (), aside: str = "") -> Signature:
    return Signature("RNNBase.__init__", ("self", "mode"), names, 2, keyword_only, aside)


CONSTRUCTORS: Mapping[str, Signature] = {
    "LSTM": _layer(*_SIZES, *_FLAGS),
    "GRU": _layer(*_SIZES, *_FLAGS),
    "RNN": _layer(*_SIZES, "nonlinearity", *_FLAGS, aside="nonlinearity"),
    "LSTMCell": Signature("LSTMCell.__init__", ("self",), _CELL, 2),
    "GRUCell": Signature("GRUCell.__init__", ("self",), _CELL, 2),
    "RNNCell": Signature("RNNCell.__init__", ("self",), (*_CELL[:3], "nonlinearity", *_CELL[3:]), 2),
}
"""What a caller may pass. proj_size is refused by GRU and RNN as a keyword only: as a positional it goes through."""

_OLD_RNN = _layer(*_SIZES, *_FLAGS, keyword_only=("nonlinearity",), aside="nonlinearity")

FORWARDS: Mapping[str, Signature] = {
    kind: Signature(f"{kind}.forward", ("self",), ("input", "hx"), 1) for kind in CONSTRUCTORS
}

DEFAULTS: Mapping[str, Any] = {
    "num_layers": 1,
    "nonlinearity": "tanh",
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
    "proj_size": 0,
    "device": None,
    "dtype": None,
}
"""The default of every optional constructor argument, the same in all six classes."""

SLIPS: Mapping[str, str] = {
    "activation": "nonlinearity",
    "batchfirst": "batch_first",
    "bi": "bidirectional",
    "bidirection": "bidirectional",
    "drop": "dropout",
    "drop_rate": "dropout",
    "embedding_dim": "input_size",
    "hidden_dim": "hidden_size",
    "in_features": "input_size",
    "input_dim": "input_size",
    "layers": "num_layers",
    "n_layers": "num_layers",
    "num_hidden": "hidden_size",
    "out_features": "hidden_size",
    "projection_size": "proj_size",
    "units": "hidden_size",
    "use_bias": "bias",
    "h0": "hx",
    "h_0": "hx",
    "hidden": "hx",
    "state": "hx",
    "initial_state": "hx",
    "x": "input",
    "inputs": "input",
}
"""Names from other libraries and habits, and what torch calls the thing."""


def signature(kind: str, version: Version = LATEST) -> Signature:
    """The constructor's signature in a torch release."""
    if kind == "RNN" and version < versions.RNN_NONLINEARITY_POSITIONAL:
        return _OLD_RNN
    return CONSTRUCTORS[kind]


def bind(
    kind: str, positional: Sequence[V], keywords: Mapping[str, V], version: Version = LATEST
) -> Requirements[dict[str, V]]:
    """Bind a constructor call; returns the given arguments by name, in the caller's own value type.

    Yields `construct.proj_size` for the keyword that GRU and RNN refuse, then `construct.signature` in Python's order
    of complaint. `detail["problem"]` is "unknown", "duplicate", "too many" or "missing"; `detail["names"]` the names
    concerned, `detail["nearest"]` the parameters that an unknown name may have meant.
    """
    if kind in ("GRU", "RNN") and "proj_size" in keywords:
        yield Need(
            "construct.proj_size",
            got="proj_size",
            want=(),
            relation="never",
            subject="proj_size",
            raises=Raises("ValueError", "proj_size argument is only supported for LSTM, not RNN or GRU"),
        )
    return (yield from _bind("construct.signature", signature(kind, version), positional, keywords))


def bind_forward(kind: str, positional: Sequence[V], keywords: Mapping[str, V]) -> Requirements[dict[str, V]]:
    """Bind a call of the module, without self: yields `call.signature`, as `bind` does (`lstm(x, h0, c0)`)."""
    return (yield from _bind("call.signature", FORWARDS[kind], positional, keywords))


def _bind(
    what: str, callee: Signature, positional: Sequence[V], keywords: Mapping[str, V]
) -> Requirements[dict[str, V]]:
    bound: dict[str, V] = dict(zip(callee.names, positional))
    for name, value in keywords.items():
        if name not in (*callee.names, *callee.keyword_only, *callee.leading):
            yield _refused(what, callee, "unknown", name, "got an unexpected keyword argument '{name}'")
        elif name == callee.aside and name in bound:
            # torch has already taken the positional one out, so Python sees a name that it does not know
            yield _refused(what, callee, "duplicate", name, "got an unexpected keyword argument '{name}'")
        elif name in bound or name in callee.leading:
            yield _refused(what, callee, "duplicate", name, "got multiple values for argument '{name}'")
        else:
            bound[name] = value
    if len(positional) > len(callee.names):
        given = len(callee.leading) + len(positional) - (callee.aside in bound and callee.aside in callee.names)
        most = len(callee.leading) + len(callee.names) - (callee.aside in callee.names)
        yield Need(
            what,
            got=len(positional),
            want=len(callee.names),
            relation="at most",
            raises=Raises(
                "TypeError",
                "{owner}() takes from {least} to {most} positional arguments but {given} were given",
                {
                    "owner": callee.owner,
                    "least": len(callee.leading) + callee.required,
                    "most": most,
                    "given": given,
                },
            ),
            detail={"problem": "too many", "names": (), "nearest": (), "accepted": callee.names},
        )
    missing = tuple(name for name in callee.names[: callee.required] if name not in bound)
    if missing:
        yield Need(
            what,
            got=missing,
            want=(),
            relation="never",
            subject=missing[0],
            raises=Raises(
                "TypeError",
                "{owner}() missing {count} required positional argument{s}: {names}",
                {
                    "owner": callee.owner,
                    "count": len(missing),
                    "s": "s" if len(missing) > 1 else "",
                    "names": " and ".join(f"'{name}'" for name in missing),
                },
            ),
            detail={"problem": "missing", "names": missing, "nearest": (), "accepted": callee.names},
        )
    return bound


def _refused(what: str, callee: Signature, problem: str, name: str, text: str) -> Need:
    nearest = nearest_names(name, callee.names) if problem == "unknown" else ()
    return Need(
        what,
        got=name,
        want=callee.names,
        relation="never",
        subject=name,
        raises=Raises("TypeError", "{owner}() " + text, {"owner": callee.owner, "name": name}),
        detail={"problem": problem, "names": (name,), "nearest": nearest, "accepted": callee.names},
    )


def nearest_names(name: str, accepted: Iterable[str]) -> tuple[str, ...]:
    """The parameters that an unknown keyword may have meant, the likeliest first."""
    from difflib import get_close_matches

    names = tuple(accepted)
    slip = SLIPS.get(name.lower())
    close = get_close_matches(name.lower(), names, n=2, cutoff=0.6)
    return tuple(dict.fromkeys(([slip] if slip in names else []) + close))


@dataclass(frozen=True)
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
FLOATING = tuple(
    f"torch.{name}" for name in ("float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128")
)
"""The dtypes that weights may have."""


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
    yield from _dropout(given["dropout"], given["num_layers"])
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
        raises=_not_a_size(0, hidden.type),
    )
    yield Need(
        "construct.type",
        subject="input_size",
        got=_among(inputs.type, (*_NOT_MULTIPLIED, *_NOT_A_SIZE), ("int", "bool")),
        want=("int", "bool"),
        relation="one of",
        raises=_not_a_size(2, inputs.type),
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


def _dropout(dropout: Argument, num_layers: Argument) -> Requirements[None]:
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
            raises=_not_a_size(0, "bool"),
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
            raises=_not_a_size(0 if first else 2, proj_size.type),
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


def _not_a_size(position: int, type_name: str | None) -> Raises:
    template = (
        "empty(): argument 'size' failed to unpack the object at pos 2 with error \"type must be tuple of ints,"
        'but got {got}"'
        if position
        else "empty(): argument 'size' (position 1) must be tuple of ints, but found element of type {got} at pos 0"
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
    whole = argument.type != "float"
    return Need(
        "construct.range",
        subject=name,
        got=_number(argument) if whole or isinstance(argument.value, float) else None,
        # torch asks `<= 0`: a float such as 0.5 passes here and fails later
        want=1 if whole or (isinstance(argument.value, float) and argument.value <= 0) else 0,
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
