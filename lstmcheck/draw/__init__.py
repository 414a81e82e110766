"""The picture of a recurrent layer: one model of what is drawn (`model`), rendered as SVG, text, Mermaid and HTML.

`layer(...)` makes a `Layer` from plain numbers and texts, `layers_svg` draws some.
"""

from __future__ import annotations

from collections.abc import Sequence

from lstmcheck.draw.model import (
    UNKNOWN,
    Consumer,
    Layer,
    Letter,
    Link,
    Mistake,
    Picture,
    Place,
    Tensor,
    configured,
    layer,
)

__all__ = [
    "FORMATS",
    "UNKNOWN",
    "Consumer",
    "Layer",
    "Letter",
    "Link",
    "Mistake",
    "Picture",
    "Place",
    "Tensor",
    "configured",
    "layer",
    "layers_svg",
]

FORMATS = ("text", "svg", "mermaid", "html")


def layers_svg(layers: Sequence[Layer], links: Sequence[Link] = (), title: str = "") -> str:
    """The layers below each other in one SVG file, what goes from one to another as arrows."""
    from lstmcheck.draw import svg

    return svg.render(Picture(tuple(layers), tuple(links), title))
