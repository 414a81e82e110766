"""The picture as a Mermaid flowchart, which GitHub and many editors draw from a text block."""

from __future__ import annotations

from collections.abc import Iterator

from lstmcheck.draw import grid
from lstmcheck.draw.model import Layer, Picture, Tensor
from lstmcheck.draw.words import visible

_CLASSES = """
    classDef forward fill:#cbe6f8,stroke:#0072b2,color:#1b1f24
    classDef reverse fill:#cdeee3,stroke:#009e73,color:#1b1f24
    classDef tensor fill:#f6f8fa,stroke:#8c959f,color:#1b1f24
    classDef bar fill:#e4e8ed,stroke:#8c959f,color:#1b1f24
    classDef frame fill:transparent,stroke:#8c959f
    classDef words fill:#ffffff,stroke:#d0d7de,color:#1b1f24
    classDef wrong fill:#ffffff,stroke:#d55e00,stroke-width:3px,stroke-dasharray:6 4,color:#1b1f24
"""
# what would end a quoted label, start a markdown string or an entity, or be taken for a tag
_ENTITIES = {"#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}


def render(picture: Picture) -> str:
    """The text of a flowchart, ending with a line end."""
    lines = ["flowchart LR"]
    for number, layer in enumerate(picture.layers):
        lines += [f"    {line}" for line in _layer(layer, f"a{number}_" if len(picture.layers) > 1 else "")]
    for link in picture.links:
        lines.append(f"    a{link.source}_{link.part} ==> a{link.target}_{link.into}")
    return "\n".join(lines) + _CLASSES


def label(*lines: str) -> str:
    """A quoted label; nothing in it is read as syntax or markup."""
    return '"' + "<br/>".join("".join(_ENTITIES.get(c, c) for c in visible(line)) for line in lines if line) + '"'


def _layer(layer: Layer, prefix: str) -> Iterator[str]:
    yield _tensor(layer, layer.input, prefix)
    for tensor in layer.states:
        yield _tensor(layer, tensor, prefix)
    yield f"subgraph {prefix}layer [{label(grid.heading(layer))}]"
    yield "    direction BT"
    yield from (f"    {line}" for line in _grid(layer, prefix))
    yield "end"
    results = [tensor for tensor in (layer.output, *layer.results) if tensor is not None]
    yield from (_tensor(layer, tensor, prefix) for tensor in results)
    yield f"{prefix}input --> {prefix}layer"
    yield from (f"{prefix}{tensor.name} {'-->' if tensor.given else '-.->'} {prefix}layer" for tensor in layer.states)
    yield from (f"{prefix}layer --> {prefix}{tensor.name}" for tensor in results)
    known = {tensor.name for tensor in results}
    for number, one in enumerate(layer.consumers):
        mistaken = grid.mistakes_of(layer, one.name)
        yield f"{prefix}to{number}[{label(one.name, one.what)}]:::{'wrong' if mistaken else 'tensor'}"
        through = f"|{label(one.expression)}|" if one.expression else ""
        source = one.part if one.part in known else layer.results[0].name
        yield f"{prefix}{source} -->{through} {prefix}to{number}"
    yield f"class {prefix}layer {'wrong' if grid.mistakes_of(layer, 'layer') else 'frame'}"
    for number, mistake in enumerate(layer.mistakes):
        code = [f"{head}{line}{f' ({said})' if said else ''}" for head, line, said in grid.shown_lines(mistake)]
        yield f"{prefix}x{number}[{label(f'X {mistake.code} {mistake.message}', *code)}]:::wrong"
    letters = [f"{letter} {meaning}" + (f" = {size}" if size else "") for letter, meaning, size in grid.legend(layer)]
    yield f"{prefix}legend[{label(*letters, *layer.notes)}]:::words"


def _tensor(layer: Layer, tensor: Tensor, prefix: str) -> str:
    mistakes = grid.mistakes_of(layer, tensor.name)
    said = tensor.expression if tensor.expression != tensor.name else ""
    if not tensor.given and tensor.name.endswith("_0") and not mistakes:
        said = "zeros: none given"
    packed = " packed" if tensor.packed else ""
    sizes = "" if tensor.sizes is None else grid.shape(tensor.sizes)
    needs = next((f"X axis {one.axis} needs {one.expected}" for one in mistakes if one.expected), "X" * bool(mistakes))
    text = label(f"{tensor.name} {said}{packed}".strip(), grid.shape(tensor.axes), sizes, needs)
    return f"{prefix}{tensor.name}[{text}]:::{'wrong' if mistakes else 'tensor'}"


def _grid(layer: Layer, prefix: str) -> Iterator[str]:
    """Cells and bars from the bottom, each layer's cells beside each other."""
    text = grid.with_value("E", grid.value(layer, "E"))
    below = f"{prefix}e"
    yield f"{below}[{label(text)}]:::bar"
    rows = list(reversed(grid.rows(layer)))
    for number, row in enumerate(rows):
        names = []
        if not row.cells:
            names = [f"{prefix}more"]
            yield f"{prefix}more[{label(f'... {row.label} ...')}]:::bar"
        for one in row.cells:
            names.append(f"{prefix}c{number}{one.direction[:1]}")
            words = label(layer.kind, "one time step")
            if not layer.is_cell:
                words = label(f"{row.label} {_heading(layer, one.direction)}", one.index)
            yield f"{names[-1]}[{words}]:::{one.direction or 'forward'}"
        if layer.is_cell:
            yield f"{below} --> {names[0]}"
            return
        above = f"{prefix}b{number}"
        yield f"{above}[{label(grid.with_value(grid.bar(layer), grid.bar_value(layer)))}]:::bar"
        for name in names:
            yield f"{below} --> {name} --> {above}"
        below = above


def _heading(layer: Layer, direction: str) -> str:
    return f"reverse if {layer.condition}" if direction == "reverse" and layer.condition else direction
