"""Sizes by the user's own names: `b, t, f = x.shape` makes `x.size(0)` a `b`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lstmcheck.dims import Atom, Dim, Poly, TooComplex, show, substitute, symbol
from lstmcheck.infer.observe import Fact
from lstmcheck.infer.shapes import Shape

# a formula that nobody reads
LONG = "<long>"
MAX_FORMULA = 60
AXES = {"B": "batch", "T": "time steps"}


_NAME = re.compile(r"[^\W\d][\w.]*'*")


def alike(text: str) -> str:
    """A shape's text with its primes counted anew: what only differs in them is one shape, of several rounds."""
    met: dict[str, list[str]] = {}

    def counted(match: re.Match[str]) -> str:
        name = match[0].rstrip("'")
        known = met.setdefault(name, [])
        if match[0] not in known:
            known.append(match[0])
        return name + "'" * known.index(match[0])

    return _NAME.sub(counted, text)


class Names:
    """One name for each size within one function; a second size of the same name gets a prime."""

    def __init__(self, given: Mapping[Atom, str], axes: Mapping[Atom, str]) -> None:
        self.given = given
        self.axes = axes
        self.used: set[str] = set()
        self._taken: dict[str, dict[str, Atom]] = {}

    def size(self, dim: Dim, function: str) -> str:
        """A size as text."""
        if isinstance(dim, int):
            return str(dim)
        taken = self._taken.setdefault(function, {})
        replaced: dict[Atom, Dim] = {}
        for atom in sorted(dim.atoms, key=lambda atom: atom.uid):
            if atom.args:
                continue
            name = self._name(atom)
            while taken.setdefault(name, atom) is not atom:
                name += "'"
            if name != atom.name:
                replaced[atom] = symbol(name)
        try:
            text = _factored(substitute(dim, replaced))
        except (TooComplex, ZeroDivisionError):
            return LONG
        return text if len(text) <= MAX_FORMULA else LONG

    def _name(self, atom: Atom) -> str:
        if atom in self.given:
            return self.given[atom]
        if atom in self.axes:
            self.used.add(self.axes[atom])
            return self.axes[atom]
        return atom.name

    def shape(self, shape: Shape, function: str) -> tuple[str, ...]:
        """The axes of a shape as texts; `...` stands for axes that are not known."""
        left = [self.size(size, function) for size in shape.left]
        right = [self.size(size, function) for size in shape.right]
        return (*left, "...", *right) if shape.open else tuple(left)

    def fact(self, fact: Fact, function: str) -> str:
        """A value as text."""
        if fact.kind in ("tensor", "array", "packed", "int"):
            assert fact.shape is not None
            if fact.kind == "packed":
                sizes = ["?" if size == -1 else self.size(size, function) for size in fact.shape.left]
                return f"packed {_tuple(sizes)}"
            axes = self.shape(fact.shape, function)
            return axes[0] if fact.kind == "int" else _tuple(axes)
        if fact.kind == "choice":
            return " or ".join(dict.fromkeys(self.fact(part, function) for part in fact.parts))
        if fact.kind in ("tuple", "list"):
            parts = [self.fact(part, function) for part in fact.parts]
            if fact.kind == "list" and len(parts) > 1 and len(set(parts)) == 1:
                parts = parts[:1]
                fact = Fact("list", open=True)
            inner = ", ".join(parts) + (", ..." if fact.open and parts else "...") * fact.open
            return f"[{inner}]" if fact.kind == "list" else f"({inner}{',' * (len(parts) == 1 and not fact.open)})"
        return {"none": "None", "other": "_"}.get(fact.kind, "?")


def _tuple(texts: list[str] | tuple[str, ...]) -> str:
    return f"({texts[0]},)" if len(texts) == 1 and texts[0] != "..." else f"({', '.join(texts)})"


def _factored(dim: Dim) -> str:
    """`hidden + bidirectional*hidden` as `hidden*(1 + bidirectional)`."""
    if not isinstance(dim, Poly) or len(dim.terms) != 2:
        return show(dim)
    for guard_atom in sorted(dim.atoms, key=lambda atom: atom.uid):
        if not guard_atom.is_guard or guard_atom.args:
            continue
        base = substitute(dim, {guard_atom: 0})
        if substitute(dim, {guard_atom: 1}) == 2 * base and (isinstance(base, int) or len(base.terms) == 1):
            return f"{show(base)}*(1 + {guard_atom.name})"
    return show(dim)
