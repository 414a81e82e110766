"""The autograd graph of recurrent calls: which backward passes go through which calls, and which graph is freed."""

from __future__ import annotations

import ast
import itertools

from lstmcheck.contract.needs import Need, Raises
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import NO_GRAPH, Items, Layer, Tensor, Value

_numbers = itertools.count(1)

_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed)."
)


def of(value: Value) -> frozenset[int]:
    """The recurrent calls behind a value."""
    if isinstance(value, Tensor):
        return value.graph
    if isinstance(value, Items) and value.whole:
        return NO_GRAPH.union(*(of(item) for item in value.head))
    return NO_GRAPH


def record(m: Machine, layer: Layer, sources: tuple[Value, ...], result: Value) -> None:
    """Note one recurrent call: its results hang on it and on everything that its arguments hang on."""
    if m.no_grad or not m.project.trains_everything:
        return
    number = next(_numbers)
    m.graph_layers[number] = layer
    m.put(m.freed, number, 0)
    graph = NO_GRAPH.union({number}, *(of(source) for source in sources))
    _mark(result, graph)


def _mark(value: Value, graph: frozenset[int]) -> None:
    if isinstance(value, Tensor):
        value.state["graph"] = graph
    elif isinstance(value, Items):
        for item in value.head:
            _mark(item, graph)


def detached(tensor: Tensor) -> Tensor:
    """The same tensor without its graph."""
    if not tensor.graph:
        return tensor
    cut = Tensor(tensor.shape, tensor.dtype, tensor.device, tensor.name, tensor.made, tensor.role, tensor, tensor.vague)
    cut.sizes = tensor.sizes
    return cut


def backward(m: Machine, loss: Tensor, keywords: dict[str, Value]) -> None:
    """`loss.backward()`: report a graph that is already freed, and free this one."""
    if keywords.get("retain_graph") not in (None, False):
        if keywords["retain_graph"] is True:
            _retained(m, loss)
        return
    for number in sorted(loss.graph):
        if m.facts.simplify(m.freed.get(number, 0)) == 1:
            layer = m.graph_layers[number]
            m.need(
                Need("graph.detach", "kept", "detached", "never", "the state", raises=Raises("RuntimeError", _TWICE)),
                layer=layer,
            )
            return
    for number in loss.graph:
        m.put(m.freed, number, 1)


_CHANGED = "one of the variables needed for gradient computation has been modified by an inplace operation"


def _retained(m: Machine, loss: Tensor) -> None:
    """`backward(retain_graph=True)`: report a graph of an earlier round, whose weights a step has changed since."""
    for run in m.loops:
        if not _updates(run.node):
            continue
        for number in sorted(loss.graph):
            if run.seen.setdefault(("retained", number), run.round) < run.round:
                m.need(
                    Need(
                        *("graph.detach", "kept", "detached", "never", "the state"),
                        raises=Raises("RuntimeError", _CHANGED, exact=False),
                    ),
                    layer=m.graph_layers[number],
                )
                return


def _updates(loop: ast.AST) -> bool:
    """Whether each round of a loop takes a step of an optimizer, which it has told to forget the gradients."""
    methods = [node for node in ast.walk(loop) if isinstance(node, ast.Attribute)]
    forgetting = {ast.dump(method.value) for method in methods if method.attr == "zero_grad"}
    statements = [node.value for node in getattr(loop, "body", ()) if isinstance(node, ast.Expr)]
    steps = [node.func for node in statements if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return any(call.attr == "step" and ast.dump(call.value) in forgetting for call in steps)
