"""Words that several rules share: sizes, layers and conditions as a reader says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lstmcheck.contract.needs import Need
from lstmcheck.dims import Poly, show, show_shape
from lstmcheck.findings import Violation


def show_value(value: Any) -> str:
    """A got or want as text: sizes by their names, shapes as tuples, everything else as Python writes it."""
    if value is None or isinstance(value, (bool, float)):
        return str(value)
    if isinstance(value, (int, Poly)):
        return show(value)
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        if value and all(isinstance(item, (int, Poly)) and not isinstance(item, bool) for item in value):
            return show_shape(value)
        return " or ".join(show_value(item) for item in value) if value else "()"
    return str(value)


def got(violation: Violation) -> str:
    """What the program gives, as text."""
    return show_value(violation.need.got)


def want(violation: Violation) -> str:
    """What torch needs, as text."""
    return show_value(violation.need.want)


def detail(violation: Violation, key: str) -> Any:
    """A fact that the contract or the engine attached, or None."""
    found = violation.need.detail.get(key)
    return violation.facts.get(key) if found is None else found


def option(violation: Violation, name: str) -> Any:
    """A constructor argument of the layer concerned, or None where there is no layer or it has no such argument."""
    config = (violation.layer or {}).get("config")
    return config.get(name) if isinstance(config, Mapping) else getattr(config, name, None)


def kind(violation: Violation, otherwise: str = "recurrent layer") -> str:
    """The class of the layer concerned: LSTM, GRUCell, ..."""
    found = (violation.layer or {}).get("kind") or detail(violation, "kind")
    return found if isinstance(found, str) else otherwise


def is_cell(violation: Violation) -> bool:
    """Whether the layer concerned is an LSTMCell, GRUCell or RNNCell."""
    return kind(violation).endswith("Cell")


def this_layer(violation: Violation) -> str:
    """The layer with what matters for the shape of its state: "this bidirectional LSTM", "this 2-layer GRU"."""
    words = []
    layers = option(violation, "num_layers")
    if isinstance(layers, int) and not isinstance(layers, bool) and layers > 1:
        words.append(f"{layers}-layer")
    if is_true(option(violation, "bidirectional")):
        words.append("bidirectional")
    return " ".join(["this", *words, kind(violation)])


def is_true(value: Any) -> bool:
    """Whether a flag is certainly set; flags may be symbolic 0/1 sizes."""
    return isinstance(value, int) and value == 1


def is_given(value: Any) -> bool:
    """Whether a size is certainly not zero (a projection that is used)."""
    return isinstance(value, Poly) or (isinstance(value, int) and value > 0)


def count(number: Any, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 row", "2 rows", "batch rows"."""
    return f"{show_value(number)} {noun if number == 1 else plural or noun + 's'}"


def subject(violation: Violation, otherwise: str = "the value") -> str:
    """The name of the value concerned: "h_0", "input"."""
    need: Need = violation.need
    return need.subject or otherwise


def is_packed(violation: Violation) -> bool:
    """Whether the call's input is a PackedSequence, for which batch_first means nothing."""
    return any(need.detail.get("packed") for need in (violation.need, *(row for row, _ in violation.rows)))


def rows_of(violation: Violation, name: str) -> dict[int, Need]:
    """The needs about the axes of one value in the same call, by axis."""
    found: dict[int, Need] = {}
    for row in (violation.need, *(row for row, _ in violation.rows)):
        if row.subject == name and row.axis is not None:
            found.setdefault(row.axis, row)
    return found


def condition_words(violation: Violation) -> str | None:
    """The condition without a leading "when"."""
    text = violation.condition
    return text.removeprefix("when ").strip() if text else None


def silence(violation: Violation) -> str:
    """What to add to a message where torch says nothing: the case a reader would never hear of otherwise."""
    if violation.need.raises is not None:
        return ""
    if is_undefined(violation.need):
        return "; torch does not check this: it crashes, fails elsewhere, or computes with wrong numbers"
    return "; torch stays silent"


def is_undefined(need: Need) -> bool:
    """Whether torch goes on with something broken: memory read past its end, or a pack that nothing can read."""
    return need.detail.get("outcome") == "undefined"


def python_says(violation: Violation) -> str:
    """Python's own complaint about arguments, without the name of the function, which a reader has not called."""
    need = violation.need
    if need.relation == "at most":
        # Python counts self, the reader does not
        return f"takes at most {show_value(need.want)} arguments, got {show_value(need.got)}"
    raises = need.raises
    says = raises.text.partition("() ")[2] or raises.text if raises is not None else "gets other arguments"
    return f"is {says}" if says.startswith("missing") else says


def python_value(value: Any, type_name: str | None) -> str:
    """An argument as the contract describes it (a value, perhaps unknown, and its type) as the reader wrote it."""
    if value is None or type_name is None:
        return article(type_name or "None")
    return repr(value) if isinstance(value, str) else show_value(value)


def article(noun: str) -> str:
    """A type's name with its article: "a float", "an int"; None for its type."""
    if noun in ("NoneType", "None"):
        return "None"
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
