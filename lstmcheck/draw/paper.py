"""SVG elements on one sheet: text of a known width, boxes, arrows; everything from a program is escaped here."""

from __future__ import annotations

from collections.abc import Sequence

from lstmcheck.draw.words import cells, escaped, visible

# what stands for the pattern until the picture has a name
HATCHED = "url(#hatch)"
MONO = 7.83
SMALL = 6.93


def number(value: float) -> str:
    """A coordinate with as few digits as it needs."""
    return f"{value:.1f}".removesuffix(".0")


class Paper:
    """Elements in drawing order, and how far they reach."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.right = 0.0
        self.bottom = 0.0

    def reach(self, x: float, y: float) -> None:
        """Make the sheet large enough for a point."""
        self.right = max(self.right, x)
        self.bottom = max(self.bottom, y)

    def text(self, x: float, y: float, text: str, look: str, anchor: str = "", width: float | None = None) -> None:
        """A line of text; `look` are its classes, `width` is its width where that is not the monospaced one."""
        if not text:
            return
        size = SMALL if "small" in look.split() else MONO
        wide = cells(visible(text)) * size if width is None else width
        self.reach(x + (wide if not anchor else wide / 2), y + 4)
        where = f' text-anchor="{anchor}"' if anchor else ""
        classes = " ".join(f"lc-{one}" for one in look.split())
        place = f'x="{number(x)}" y="{number(y)}"'
        self.out.append(f'<text {place} class="{classes}"{where} xml:space="preserve">{escaped(text)}</text>')

    def box(self, x: float, y: float, width: float, height: float, look: str, radius: float = 6) -> None:
        """A rounded rectangle."""
        self.reach(x + width, y + height)
        classes = " ".join(f"lc-{one}" for one in look.split())
        self.out.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
            f'rx="{number(radius)}" class="{classes}"/>'
        )

    def filled(self, x: float, y: float, width: float, height: float, direction: str, radius: float = 0) -> None:
        """A rectangle in a direction's colour; that of the reverse direction is hatched too."""
        self.box(x, y, width, height, direction, radius)
        if direction == "reverse":
            place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
            self.out.append(f'<rect {place} rx="{number(radius)}" fill="{HATCHED}"/>')

    def arrow(self, points: Sequence[tuple[float, float]], look: str) -> None:
        """A line through points, with an arrow head at its end."""
        path = " ".join(f"{'L' if at else 'M'}{number(x)} {number(y)}" for at, (x, y) in enumerate(points))
        for x, y in points:
            self.reach(x, y)
        self.out.append(f'<path d="{path}" class="lc-{look}"/>')
        (x0, y0), (x1, y1) = points[-2], points[-1]
        across, along = (0, 1 if y1 > y0 else -1) if x0 == x1 else (1 if x1 > x0 else -1, 0)
        back, side = 7, 3.5
        a = (x1 - across * back - along * side, y1 - along * back - across * side)
        b = (x1 - across * back + along * side, y1 - along * back + across * side)
        tip = f"M{number(x1)} {number(y1)} L{number(a[0])} {number(a[1])} L{number(b[0])} {number(b[1])} Z"
        self.out.append(f'<path d="{tip}" class="lc-{look}-head"/>')

    def cross(self, x: float, y: float, size: float = 4) -> None:
        """The X of a mistake."""
        a, b, c, d = (number(value) for value in (x - size, x + size, y - size, y + size))
        self.out.append(f'<path d="M{a} {c} L{b} {d} M{b} {c} L{a} {d}" class="lc-cross"/>')

    def begin(self, tip: str = "", mark: str = "") -> None:
        """Open a group; `tip` is shown when a reader points at it, `mark` is a class for a page around the picture."""
        self.out.append(f'<g class="{mark}">' if mark else "<g>")
        if tip:
            self.out.append(f"<title>{escaped(tip)}</title>")

    def end(self) -> None:
        """Close a group."""
        self.out.append("</g>")
