"""The signatures of torch's six recurrent modules as data, and how a call binds to them.

Held against `inspect.signature` and Python's own complaints by tests/contract/test_signatures.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lstmcheck.contract import versions
from lstmcheck.contract.needs import Need, Raises, Requirements
from lstmcheck.contract.versions import LATEST, Version

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
        # what torch has taken out is counted by Python on neither side
        beside = len(callee.leading) - (callee.aside in callee.names)
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
                    "most": beside + len(callee.names),
                    "given": beside + len(positional),
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
    # Python 3.13 adds a suggestion to a keyword that it does not know
    known = "multiple" in text
    raises = Raises("TypeError", "{owner}() " + text, {"owner": callee.owner, "name": name}, exact=known)
    return Need(
        what,
        got=name,
        want=callee.names,
        relation="never",
        subject=name,
        raises=raises,
        detail={"problem": problem, "names": (name,), "nearest": nearest, "accepted": callee.names},
    )


def nearest_names(name: str, accepted: Iterable[str]) -> tuple[str, ...]:
    """The parameters that an unknown keyword may have meant, the likeliest first."""
    from difflib import get_close_matches

    names = tuple(accepted)
    slip = SLIPS.get(name.lower())
    close = get_close_matches(name.lower(), names, n=2, cutoff=0.6)
    return tuple(dict.fromkeys(([slip] if slip in names else []) + close))
