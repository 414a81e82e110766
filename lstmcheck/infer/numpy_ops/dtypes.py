"""numpy's dtypes: how a program names them, and what two of them give together."""

from __future__ import annotations

from lstmcheck.infer.values import Builtin, External, Truth, Unknown, Value

SIGNED = ("int8", "int16", "int32", "int64")
INTEGERS = (*SIGNED, "uint8")
FLOATS = ("float16", "float32", "float64")
KNOWN = ("bool", *INTEGERS, *FLOATS)

_NAMES = {
    **{name: name for name in (*KNOWN, "uint16", "uint32", "uint64", "complex64", "complex128")},
    "bool_": "bool",
    "byte": "int8",
    "ubyte": "uint8",
    "short": "int16",
    "intc": "int32",
    "int_": "int64",
    "int": "int64",
    "intp": "int64",
    "longlong": "int64",
    "half": "float16",
    "single": "float32",
    "double": "float64",
    "float_": "float64",
    "float": "float64",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
    "?": "bool",
    "b": "int8",
    "B": "uint8",
    "h": "int16",
    "i": "int32",
    "l": "int64",
    "q": "int64",
    "e": "float16",
    "f": "float32",
    "d": "float64",
}


def named(value: Value) -> str | None:
    """A dtype given as `np.float32`, `float`, or a text; None where it is not known."""
    if isinstance(value, External):
        owner, _, name = value.path.rpartition(".")
        return _NAMES.get(name) if owner == "numpy" and len(name) > 2 else None
    if isinstance(value, Builtin):
        return _NAMES.get(value.name)
    return _NAMES.get(value.lstrip("<>=|")) if isinstance(value, str) else None


def chosen(value: Value, otherwise: str | None) -> str | None:
    """The dtype of an argument `dtype=`, or what numpy takes without one."""
    return otherwise if value is None else named(value)


def promoted(a: str | None, b: str | None) -> str | None:
    """The dtype of an operation on arrays of two dtypes."""
    if a == b or a is None or b is None:
        return a if a == b else None
    if a not in KNOWN or b not in KNOWN:
        return None
    a, b = sorted((a, b), key=KNOWN.index)
    if a == "bool":
        return b
    if b == "uint8":
        return "int16" if a == "int8" else a
    if b in FLOATS and a not in FLOATS:
        least = {"int8": "float16", "uint8": "float16", "int16": "float32"}.get(a, "float64")
        return max(least, b, key=KNOWN.index)
    return b


def number_kind(value: Value) -> str | None:
    """ "bool", "int" or "float" of a Python number, None for anything else."""
    if isinstance(value, (bool, Truth)):
        return "bool"
    if isinstance(value, float):
        return "float"
    if isinstance(value, int) or type(value).__name__ == "Poly":
        return "int"
    return None


_WEAK = {"bool": "bool", "int": "int64", "float": "float64"}


def of_number(kind: str | None) -> str | None:
    """The dtype that a Python number has as an array of its own."""
    return None if kind is None else _WEAK[kind]


def with_number(dtype: str | None, kind: str | None) -> str | None:
    """The dtype of an operation on an array and a Python number, which only decides between the kinds."""
    if dtype not in KNOWN or kind is None:
        return None
    if dtype in FLOATS or kind == "bool" or (dtype in INTEGERS and kind == "int"):
        return dtype
    return _WEAK[kind]


def is_scalar(value: Value) -> bool:
    """Whether a value is one number of an array (np.float32(1.5))."""
    return isinstance(value, Unknown) and "scalar" in value.facts


def divided(dtype: str | None) -> str | None:
    """The dtype of a true division."""
    return "float64" if dtype in INTEGERS or dtype == "bool" else dtype


def floating(dtype: str | None) -> str | None:
    """The dtype of exp, sqrt, sin and their like."""
    if dtype in FLOATS or dtype not in KNOWN:
        return dtype if dtype in FLOATS else None
    return promoted("float16", dtype)


def summed(dtype: str | None) -> str | None:
    """The dtype of a sum: small integers are widened."""
    if dtype == "uint8":
        return "uint64"
    return "int64" if dtype in INTEGERS or dtype == "bool" else dtype


def averaged(dtype: str | None) -> str | None:
    """The dtype of a mean."""
    return divided(dtype) if dtype in KNOWN else None
