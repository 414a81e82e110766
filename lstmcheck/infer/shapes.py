"""Partly known tensor shapes: closed `(4, batch, 2*hidden)` or open in the middle `(4, ..., hidden)`."""

from __future__ import annotations

from lstmcheck.dims import Dim, show


class Shape:
    """Sizes known from the left and from the right; `open` says that an unknown number of axes lies between them.

    A closed shape keeps all its sizes in `left`. `max_rank` bounds the rank of an open shape where it is known.
    """

    __slots__ = ("left", "max_rank", "open", "right")

    def __init__(
        self,
        left: tuple[Dim, ...] = (),
        right: tuple[Dim, ...] = (),
        open: bool = False,
        max_rank: int | None = None,
    ) -> None:
        if open and max_rank is not None and max_rank <= len(left) + len(right):
            open = False
        if not open:
            left, right, max_rank = left + right, (), None
        self.left = left
        self.right = right
        self.open = open
        self.max_rank = max_rank

    @property
    def rank(self) -> int | None:
        """The number of axes, None where it is not known."""
        return None if self.open else len(self.left)

    @property
    def min_rank(self) -> int:
        """The smallest number of axes that the known sizes allow."""
        return len(self.left) + len(self.right)

    def at(self, axis: int) -> Dim | None:
        """The size of an axis (negative from the right), None where it is not known."""
        if self.open:
            if axis >= 0:
                return self.left[axis] if axis < len(self.left) else None
            return self.right[axis] if -axis <= len(self.right) else None
        if -len(self.left) <= axis < len(self.left):
            return self.left[axis]
        return None

    @property
    def last(self) -> Dim | None:
        """The size of the last axis."""
        return self.at(-1)

    def with_last(self, size: Dim) -> Shape:
        """The same shape with another last size; the last axis must exist."""
        if not self.open:
            return Shape((*self.left[:-1], size))
        if self.right:
            return Shape(self.left, (*self.right[:-1], size), True, self.max_rank)
        return Shape(self.left, (size,), True, self.max_rank)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Shape)
            and self.left == other.left
            and self.right == other.right
            and self.open == other.open
        )

    def __hash__(self) -> int:
        return hash((self.left, self.right, self.open))

    def __repr__(self) -> str:
        texts = [show(dim) for dim in self.left]
        if self.open:
            texts.append("...")
            texts += [show(dim) for dim in self.right]
        return f"({texts[0]},)" if len(texts) == 1 and not self.open else f"({', '.join(texts)})"


ANY_SHAPE = Shape((), (), True)


def closed(*sizes: Dim) -> Shape:
    """A shape of known rank."""
    return Shape(tuple(sizes))
