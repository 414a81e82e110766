"""Unpacking a recurrent layer's state: (h, c) taken from a tensor, and h and c taken for each other."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.dims import Dim, Verdict, compare
from lstmcheck.findings import Related
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import rows, scopes
from lstmcheck.infer.values import Items, Layer, Role, Site, Tensor, Value


def unpacked(m: Machine, value: Value, target: ast.Tuple | ast.List) -> None:
    """Look at `a, b = value` where the value is a recurrent layer's state."""
    if isinstance(value, Items) and "parted" in value.state:
        rows.unpacked(m, value, target)
    if len(target.elts) != 2:
        return
    first, second = (words.last_name(element) for element in target.elts)
    role: Role | None = getattr(value, "role", None)
    if role is None or not role.exact:
        return
    site = Site(m.frame.file, target)
    if isinstance(value, Items):
        if role.part == "state":
            _names_crossed(m, role.layer, first, second, site)
    elif isinstance(value, Tensor):
        _tensor_unpacked(m, value, role, (first, second), target, site)


def _names_crossed(m: Machine, layer: Layer, first: str, second: str, site: Site) -> None:
    assert isinstance(site.node, (ast.Tuple, ast.List))
    dropped = scopes.is_unread(scopes.scope_of(m), site.node.elts[0])
    both = words.is_cell(first) and words.is_hidden(second)
    only = words.is_hidden(second) and first.startswith("_") and dropped
    if not (both or only):
        return
    detail = {"names": (first, second), "both": both}
    m.report(
        Need("silent.states_named", second, first, "never", "(h, c)", detail=detail), site, (), layer, _made(layer)
    )


def _tensor_unpacked(
    m: Machine, value: Tensor, role: Role, names: tuple[str, str], target: ast.Tuple | ast.List, site: Site
) -> None:
    """`out, (h, c) = gru(x)` takes the first two rows of h_n; `out, (h, c) = lstm_cell(x)` those of c_n."""
    first, second = names
    cell = role.layer.kind.endswith("Cell")
    count: Dim | None = value.shape.at(0)
    if count is None or compare(count, 2, m.facts).verdict is Verdict.NE:
        return
    if cell:
        # a cell's own state is no pair of rows, whatever the rows are called
        meant = (
            words.is_hidden(first) and words.is_cell(second)
            if role.part == "c_n"
            else role.layer.kind != "torch.nn.LSTMCell" and words.is_state(second) and first in _OUTPUTS
        )
    elif role.part != "h_n" or role.layer.kind == "torch.nn.LSTM":
        return
    else:
        unread = scopes.is_unread(scopes.scope_of(m), target.elts[1])
        meant = words.is_cell(second) or (unread and second.startswith("_") and first.lower() in _WHOLE)
    if not meant:
        return
    detail = {"names": names, "part": role.part, "cell": cell, "rows": count}
    need = Need("silent.state_unpacked", count, 2, "never", role.part, detail=detail)
    m.report(need, site, (), role.layer, _made(role.layer))


# names for all that a layer returns, not for one row of it
_WHOLE = frozenset({"h", "hn", "h_n", "hidden", "hidden_state", "h_t", "ht", "state", "hiddens", "hid"})
_OUTPUTS = frozenset({"out", "output", "outputs", "o", "y", "_"})


def _made(layer: Layer) -> tuple[Related, ...]:
    site = layer.site
    if site is None:
        return ()
    return (site.related(f"{layer.kind.rpartition('.')[2]} made here"),)


def crossed(m: Machine, layer: Layer, hx: Value, site: Site) -> None:
    """Look at the state of an LSTM's call: a pair in the order (c, h), by what its elements are or by both names."""
    if not (isinstance(hx, Items) and hx.whole and len(hx.head) == 2):
        return
    first, second = (getattr(part, "role", None) for part in hx.head)
    names: tuple[str, ...] | None
    if first is not None and second is not None and first.exact and second.exact and first.layer is second.layer:
        if (first.part, second.part) != ("c_n", "h_n"):
            return
        source, names = first.layer, tuple(getattr(part, "name", "") for part in hx.head)
    elif (first is not None and first.part == "h_n") or (second is not None and second.part == "c_n"):
        return
    else:
        source, names = layer, _names_passed(m, layer, site)
        if not names:
            return
    detail = {"names": names, "of": source.kind.rpartition(".")[2]}
    need = Need("silent.states_passed", "(c, h)", "(h, c)", "never", "hx", detail=detail)
    m.report(need, site, (), layer, _made(source))


def _names_passed(m: Machine, layer: Layer, site: Site) -> tuple[str, str] | None:
    """The two names in `lstm(x, (c_0, h_0))`, where both contradict the order."""
    if not isinstance(site.node, ast.Call) or not layer.kind.startswith("torch.nn.LSTM"):
        return None
    given = [*site.node.args[1:2], *(word.value for word in site.node.keywords if word.arg == "hx")]
    if len(given) != 1 or not isinstance(given[0], ast.Tuple) or len(given[0].elts) != 2:
        return None
    first, second = (words.last_name(element) for element in given[0].elts)
    target = scopes.state_target(scopes.scope_of(m), site.node, layer.kind.rpartition(".")[2])
    if isinstance(target, ast.Tuple) and words.is_cell(words.last_name(target.elts[0])):
        # the names change places in what is returned, too
        return None
    return (first, second) if words.is_cell(first) and words.is_hidden(second) else None


def fed(m: Machine, layer: Layer, value: Value, site: Site) -> None:
    """Look at `h2, c2 = cell2(c1, (h2, c2))` after `h1, c1 = cell1(x, (h1, c1))`, where h1 goes nowhere else."""
    role: Role | None = getattr(value, "role", None) if isinstance(value, Tensor) else None
    if role is None or not role.exact or role.part != "c_n" or role.layer is layer:
        return
    if role.layer.kind != "torch.nn.LSTMCell" or not isinstance(site.node, ast.Call) or not site.node.args:
        return
    scope = scopes.scope_of(m)
    text = ast.unparse(site.node.args[0])
    for call in scopes.of_kind(scope, ast.Call):
        target = scopes.state_target(scope, call, role.layer.kind)
        if isinstance(target, ast.Tuple) and len(target.elts) == 2 and ast.unparse(target.elts[1]) == text:
            hidden = ast.unparse(target.elts[0])
        elif isinstance(target, (ast.Name, ast.Attribute)) and ast.unparse(target) + "[1]" == text:
            hidden = ast.unparse(target) + "[0]"
        else:
            continue
        if not _goes_on(scope, call, hidden):
            detail = {"names": (text, hidden)}
            need = Need("silent.states_fed", text, hidden, "never", "input", detail=detail)
            m.report(need, site, (), layer, _made(role.layer))
        return


def _goes_on(scope: ast.AST, call: ast.Call, hidden: str) -> bool:
    """Whether h is read for anything but the state of the call that it came from."""
    own = {id(node) for argument in (*call.args[1:], *call.keywords) for node in ast.walk(argument)}
    reads: list[ast.Name | ast.Attribute | ast.Subscript] = [
        *scopes.of_kind(scope, ast.Name),
        *scopes.of_kind(scope, ast.Attribute),
        *scopes.of_kind(scope, ast.Subscript),
    ]
    return any(isinstance(node.ctx, ast.Load) and id(node) not in own and ast.unparse(node) == hidden for node in reads)


def picked(m: Machine, pair: Items, key: Value) -> None:
    """Look at `hidden[-1]` of an LSTM's (h_n, c_n): it is c_n, where the last layer's h is written so of a GRU's."""
    node, role = m.node, pair.role
    if key != -1 or m.muted or role is None or not role.exact or role.part != "state":
        return
    if role.layer.kind != "torch.nn.LSTM" or not isinstance(node, ast.Subscript) or not _is_minus_one(node.slice):
        return
    name = words.last_name(node.value)
    scope = scopes.scope_of(m)
    if not words.is_hidden(name) or _is_taken_apart(scope, node) or _is_called_cell(scope, node):
        return
    need = Need("silent.states_picked", "c_n", "h_n", "never", name, detail={"text": ast.unparse(node)})
    m.report(need, Site(m.frame.file, node), (), role.layer, _made(role.layer))


def _is_minus_one(key: ast.expr) -> bool:
    return isinstance(key, ast.UnaryOp) and isinstance(key.operand, ast.Constant) and key.operand.value == 1


def _is_taken_apart(scope: ast.AST, node: ast.Subscript) -> bool:
    """Whether the program takes another part of the same pair by its number, too: it knows what it has."""
    owner, key = ast.dump(node.value), ast.dump(node.slice)
    return any(
        ast.dump(other.value) == owner and ast.dump(other.slice) != key
        for other in scopes.of_kind(scope, ast.Subscript)
    )


def _is_called_cell(scope: ast.AST, node: ast.Subscript) -> bool:
    statement = next((outer for outer in scopes.around(scope, node) if isinstance(outer, ast.stmt)), None)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(words.is_cell(name) for target in targets for name in scopes.names_in(target))
