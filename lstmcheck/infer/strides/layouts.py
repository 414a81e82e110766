"""A tensor's layout: what is known of its strides.

`ROWS` is the layout of a contiguous tensor, whatever its sizes are. Any other remembers of which layout it is a view,
and how, so that no stride is computed before it is needed. A tensor without a layout (None) may lie in memory in any
way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lstmcheck.contract.strides import Equal, row_major, view
from lstmcheck.dims import Dim

if TYPE_CHECKING:
    from lstmcheck.infer.values import Site

MAX_STEPS = 16

# an axis of the source and what its stride is multiplied by; None for an axis of stride 0
Step = tuple[int, Dim]


class Layout:
    """A view of `source`, a tensor of `sizes`. Immutable.

    `axes` says for each axis of the view which one of the source it is. A view under other sizes has `axes` None and
    `new`; `copies` says that what cannot be viewed so is copied. `dense`: the elements fill their memory without gaps,
    so that elementwise operations keep the strides. `site` is where the order or the steps came to be, `words` what
    was done there.
    """

    __slots__ = ("axes", "copies", "dense", "depth", "new", "site", "sizes", "source", "words")

    def __init__(
        self,
        source: Layout | None = None,
        sizes: Sequence[Dim] = (),
        axes: tuple[Step | None, ...] | None = None,
        new: tuple[Dim, ...] = (),
        dense: bool = True,
        copies: bool = False,
        site: Site | None = None,
        words: str = "",
    ) -> None:
        self.source = source
        self.sizes = tuple(sizes)
        self.axes = axes
        self.new = new
        self.dense = dense
        self.copies = copies
        self.site = site
        self.words = words
        self.depth: int = 0 if source is None else source.depth + 1

    def _key(self) -> tuple[Any, ...]:
        return self.sizes, self.axes, self.new, self.copies

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Layout) and self._key() == other._key() and self.source == other.source

    __hash__ = None  # type: ignore[assignment]


ROWS = Layout()


def strides(layout: Layout, sizes: Sequence[Dim], equal: Equal) -> tuple[Dim, ...] | None:
    """The strides of a tensor of these sizes with this layout, None where they are not known. Raises TooComplex."""
    if layout.source is None:
        return row_major(sizes)
    before = strides(layout.source, layout.sizes, equal)
    if before is None:
        return None
    if layout.axes is not None:
        return tuple(0 if step is None else before[step[0]] * step[1] for step in layout.axes)
    found = view(layout.sizes, before, layout.new, equal)
    if found.possible:
        return found.strides
    return row_major(layout.new) if layout.copies and found.possible is False else None
