"""An initial state that is drawn anew whenever a module runs."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.infer.classes import torch_base
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.silent.modules import field_called
from lstmcheck.infer.values import Class, Items, Layer, Site, Tensor, Value

# functions that draw a tensor, and those that fill one with what they draw
_DRAWS = frozenset({"randn", "rand", "randn_like", "rand_like", "normal", "normal_", "uniform_"})
_LAWS = frozenset({"normal_", "uniform_", "trunc_normal_", "orthogonal_", "xavier", "kaiming"})
# after these a tensor still holds the same numbers, at another scale or in another shape
_KEEPS = frozenset(
    {
        *("mul", "mul_", "div", "div_", "unsqueeze", "squeeze", "clone", "detach", "reshape", "view", "contiguous"),
        *("to", "cuda", "float", "requires_grad_", "expand", "repeat", "transpose", "permute"),
    }
)


def drawn(m: Machine, x: Tensor) -> None:
    """Note that a tensor is what a function of random numbers returned, if a method of a module calls one here."""
    name = _name(m.node, m)
    if name in _DRAWS or name in _LAWS or name.partition("_")[0] in _LAWS:
        here = scopes.method_of(m)
        if here is None or not _is_module(here[0]):
            return
        m.put(x.state, "drawn", m.here())


def kept(m: Machine, x: Tensor, result: Value) -> None:
    """Note that the result of this call holds the random numbers of x."""
    if _name(m.node) in _KEEPS:
        carried(x, result)


def carried(x: Value, result: Value) -> None:
    """Note that a tensor holds the random numbers of another one."""
    if isinstance(x, Tensor) and "drawn" in x.state and isinstance(result, Tensor) and not words.is_noise(x.name):
        result.state.setdefault("drawn", x.state["drawn"])


def called(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """Look at the state of one call: random numbers that a method of the module draws on the way to it."""
    for name, tensor in zip(("h_0", "c_0"), hx.head if isinstance(hx, Items) else (hx,)):
        made: Site | None = tensor.state.get("drawn") if isinstance(tensor, Tensor) else None
        if not isinstance(tensor, Tensor) or tensor.role is not None or made is None:
            continue
        draw = _name(made.node)
        if words.is_noise(tensor.name) or _is_of_noise(made.node) or not _on_the_way(m, made):
            continue
        source = made.related(f"{name} is drawn here")
        need = Need("silent.state_random", draw, "zeros", "never", name, detail={"draw": draw})
        m.report(need, site, (), layer, [source])
        return


def _name(node: ast.AST | None, m: Machine | None = None) -> str:
    """The function that a call is of: `randn`; where it runs here, also after `make = torch.randn`."""
    if not isinstance(node, ast.Call):
        return ""
    name = words.last_name(node.func)
    given = scopes.bound_to(scopes.scope_of(m), name) if m is not None and isinstance(node.func, ast.Name) else []
    return words.last_name(given[0]) if len(given) == 1 else name


def _is_of_noise(draw: ast.AST) -> bool:
    """Whether a size of what is drawn says that it is meant to be random: `torch.randn(1, n, self.noise_dim)`."""
    return any(
        words.is_noise(node.id if isinstance(node, ast.Name) else node.attr)
        for node in ast.walk(draw)
        if isinstance(node, (ast.Name, ast.Attribute))
    )


def _on_the_way(m: Machine, made: Site) -> bool:
    """Whether a method of a module made it, other than the constructor, and that method runs whenever this one does."""
    method = scopes.method_around(made.file, made.node)
    here = scopes.method_of(m)
    if method is None or method.name == "__init__" or here is None or not _is_module(here[0]):
        return False
    if words.is_noise(method.name) or words.is_noise(here[0].name):
        return False
    running = [here[1], *(node for node in m.active if isinstance(node, ast.FunctionDef))]
    return any(node is method or method.name in _own_calls(node) for node in running if node.name != "__init__")


def _is_module(cls: Class) -> bool:
    base = torch_base(cls)
    return base is not None and base.startswith("torch.nn.")


@remembered
def _own_calls(function: ast.FunctionDef) -> frozenset[str]:
    """The methods of its own object that a method calls anywhere."""
    return frozenset(map(field_called, scopes.of_kind(function, ast.Call)))
