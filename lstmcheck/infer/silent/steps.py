"""A layer that is called on one step at a time, and starts every step from the same state."""

from __future__ import annotations

import ast

from lstmcheck import words
from lstmcheck.contract.needs import Need
from lstmcheck.findings import Related
from lstmcheck.frozen import identified
from lstmcheck.infer.machine import LoopRun, Machine
from lstmcheck.infer.remembering import remembered
from lstmcheck.infer.silent import scopes
from lstmcheck.infer.values import Items, Layer, Role, Site, Tensor, Value


@identified
class _Call:
    """One call of a layer in one round of a loop."""

    round: int
    hx: Value
    result: Value


def called(m: Machine, layer: Layer, value: Value, hx: Value, result: Value, site: Site) -> None:
    """Hold this call against the one that the same place made in an earlier round of a loop around it."""
    for run in m.loops:
        key = ("steps", site.node, id(layer))
        earlier = run.seen.get(key)
        if earlier is None:
            run.seen[key] = _Call(run.round, hx, result)
        elif earlier.round < run.round:
            if _one_step(m, layer, value) and _same_state(earlier.hx, hx):
                _judge(m, run, layer, hx, earlier, site)
            else:
                _half(m, run, layer, earlier.hx, hx, site)


def _one_step(m: Machine, layer: Layer, value: Value) -> bool:
    """Whether the input is one time step."""
    if layer.kind.endswith("Cell"):
        return True
    tensor = m.tensor(value)
    if tensor is None or tensor.shape.open:
        return False
    sizes = tensor.shape.left
    first = m.facts.simplify(getattr(layer.config, "batch_first", 0))
    if len(sizes) == 2:
        return sizes[0] == 1
    return len(sizes) == 3 and isinstance(first, int) and sizes[1 if first else 0] == 1


def _same_state(before: Value, now: Value) -> bool:
    """Whether both calls start from one and the same state: none, the same tensors, or zeros made at the same place."""
    if before is now:
        return True
    if isinstance(before, Items) and isinstance(now, Items) and before.whole and now.whole:
        return len(before.head) == len(now.head) > 0 and all(map(_same_state, before.head, now.head))
    if isinstance(before, Tensor) and isinstance(now, Tensor):
        a, b = before.made, now.made
        return a is not None and b is not None and a.node is b.node and _is_zeros(a.node) and now.role is None
    return False


def _half(m: Machine, run: LoopRun, layer: Layer, before: Value, now: Value, site: Site) -> None:
    """h goes from round to round and c does not, or the reverse: `h, _ = cell(x, (h, c))`."""
    if not (isinstance(before, Items) and isinstance(now, Items) and len(before.head) == len(now.head) == 2):
        return
    kept = [_same_state(a, b) for a, b in zip(before.head, now.head)]
    if sorted(kept) != [False, True]:
        return
    stuck = kept.index(True)
    moving = now.head[1 - stuck]
    role = moving.role if isinstance(moving, Tensor) else None
    if role is None or role.layer is not layer or not role.exact or role.part != ("c_n", "h_n")[stuck]:
        return
    scope = scopes.scope_of(m)
    target = scopes.state_target(scope, site.node, layer.kind)
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not scopes.is_unread(scope, target.elts[stuck]):
        return
    detail = {"half": "hc"[stuck], "state": "", "none": False, "of": None}
    sources = [Related(run.file.location(run.node), "the loop")]
    m.report(Need("silent.state_dropped", None, None, "never", "state", detail=detail), site, (), layer, sources)


def _is_zeros(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and words.last_name(node.func) in ("zeros", "zeros_like", "new_zeros")


def _judge(m: Machine, run: LoopRun, layer: Layer, hx: Value, earlier: _Call, site: Site) -> None:
    loop = run.node
    direct = len(m.calls) <= run.depth
    call = site.node if direct else m.calls[run.depth].node
    if not isinstance(call, ast.Call) or run.loader is not None or trains(loop):
        return
    changing = scopes.varying(loop)
    if not call.args or not any(scopes.names_in(argument) & changing for argument in call.args):
        return
    stateless = _is_nothing(hx)
    if stateless and not _goes_on(m, run, call, direct, hx):
        # one step after another may be of things that have nothing to do with each other
        return
    if (
        not stateless
        and layer.kind.endswith(("GRUCell", "RNNCell"))
        and not _is_encoding(hx)
        and not _is_made_from_last(call, loop)
    ):
        # a message and the state of a node: one gate after another, each on its own
        return
    if not _is_dropped(m, run, layer, earlier, site, call):
        return
    text = site.file.segment(_state_argument(call)) if not stateless and direct else ""
    sources = [Related(run.file.location(loop), "the loop")]
    if call is not site.node:
        sources.append(Related(run.file.location(call), "called here"))
    made = _made(hx)
    if made is not None:
        sources.append(made.related("the state is made here"))
    detail = {"state": text, "none": stateless, "of": _maker(hx)}
    if call is not site.node and _leaves(m, layer, site):
        # the layer's function hands its state out: it is lost at the call
        sources[1] = site.related("the layer is called here")
        site = Site(run.file, call)
    m.report(Need("silent.state_dropped", None, None, "never", "state", detail=detail), site, (), layer, sources)


def _leaves(m: Machine, layer: Layer, site: Site) -> bool:
    """Whether the function that calls a layer reads the state that this returns."""
    scope = scopes.scope_of(m)
    target = scopes.state_target(scope, site.node, layer.kind.rpartition(".")[2])
    return target is not None and not scopes.is_unread(scope, target)


def _goes_on(m: Machine, run: LoopRun, call: ast.Call, direct: bool, hx: Value) -> bool:
    """Whether steps that start from nothing are steps of one sequence: slices of one, or each made from the last."""
    loop = run.node
    if direct and scopes.method_of(m) is not None:
        return _read_in_steps(call, loop) or (hx is not None and _is_made_from_last(call, loop))
    if len(call.args) < 2:
        return _leaves_state_out(m, run, call) and _is_made_from_last(call, loop)
    if hx is None and not isinstance(call.args[1], (ast.Name, ast.Attribute)):
        return False
    return _is_made_from_last(call, loop)


def _leaves_state_out(m: Machine, run: LoopRun, call: ast.Call) -> bool:
    """Whether the function that a loop calls takes a state that the call leaves out, and the call binds the new one."""
    if call.keywords or len(m.active) <= run.depth:
        return False
    function = m.active[run.depth]
    parent = scopes.parents(run.frame.function.node if run.frame.function is not None else run.file.tree).get(call)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(function, ast.FunctionDef) or not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return False
    nothing = [one for one in function.args.defaults if isinstance(one, ast.Constant) and one.value is None]
    state = target.elts[1]
    if not nothing or not isinstance(state, ast.Name):
        return False
    return words.is_state(state.id) or (state.id.startswith("_") and _hands_on(function))


def _hands_on(function: ast.FunctionDef) -> bool:
    """Whether a function returns, beside one other thing, what it may be given in the place of None."""
    parameters = function.args.args[-len(function.args.defaults) :] if function.args.defaults else []
    names = {
        parameter.arg
        for parameter, default in zip(parameters, function.args.defaults)
        if isinstance(default, ast.Constant) and default.value is None
    }
    returned = [node.value for node in scopes.of_kind(function, ast.Return)]
    return bool(returned) and all(
        isinstance(value, ast.Tuple) and len(value.elts) == 2 and words.last_name(value.elts[1]) in names
        for value in returned
    )


def _is_made_from_last(call: ast.Call, loop: ast.AST) -> bool:
    """Whether a call's input is made from what the same call returned in the round before."""
    parent = scopes.parents(loop).get(call)
    bound = scopes.names_in(parent.targets[0]) if isinstance(parent, ast.Assign) else frozenset[str]()
    return any(scopes.depends(loop, name, bound) for name in scopes.names_in(call.args[0]))


def _state_argument(call: ast.Call) -> ast.AST:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "hx"]
    return named[0] if named else call.args[1] if len(call.args) > 1 else call


def _is_nothing(hx: Value) -> bool:
    if isinstance(hx, Items):
        return all(map(_is_nothing, hx.head))
    if isinstance(hx, Tensor):
        return hx.role is None and hx.made is not None and _is_zeros(hx.made.node)
    return hx is None


def _roles(hx: Value) -> list[Role]:
    parts = hx.head if isinstance(hx, Items) else (hx,)
    return [part.role for part in parts if isinstance(part, Tensor) and part.role is not None]


def _is_encoding(hx: Value) -> bool:
    roles = _roles(hx)
    return bool(roles) and all(role.part in ("h_n", "c_n") for role in roles)


def _maker(hx: Value) -> str | None:
    """The class of the layer whose state is passed in again and again."""
    roles = _roles(hx)
    return roles[0].layer.kind.rpartition(".")[2] if roles else None


def _made(hx: Value) -> Site | None:
    parts = hx.head if isinstance(hx, Items) else (hx,)
    return next((part.made for part in parts if isinstance(part, Tensor) and part.made is not None), None)


_TRAINING = frozenset({"backward", "zero_grad"})


@remembered
def trains(loop: ast.AST) -> bool:
    """Whether a loop's rounds are steps of training: then they are samples, not time."""
    return any(isinstance(node, ast.Attribute) and node.attr in _TRAINING for node in ast.walk(loop))


def _read_in_steps(call: ast.Call, loop: ast.AST) -> bool:
    """Whether the call's input is one slice of a sequence by what the loop counts, or one element of it."""
    if not isinstance(loop, (ast.For, ast.AsyncFor)):
        return False
    counters = scopes.names_in(loop.target)
    elements = counters if not _counts(loop.iter) else frozenset[str]()
    argument = call.args[0]
    return _takes_slice(argument, counters) or bool(scopes.names_in(argument) & (_sliced(loop) | elements))


@remembered
def _sliced(loop: ast.For | ast.AsyncFor) -> frozenset[str]:
    """The names that a loop gives slices by what it counts."""
    counters = scopes.names_in(loop.target)
    assigned = [node for node in scopes.of_kind(loop, ast.Assign) if _takes_slice(node.value, counters)]
    return frozenset().union(*(scopes.names_in(target) for node in assigned for target in node.targets))


def _counts(iterated: ast.expr) -> bool:
    return isinstance(iterated, ast.Call) and words.last_name(iterated.func) in ("range", "enumerate", "trange")


def _takes_slice(node: ast.AST, counters: frozenset[str]) -> bool:
    return any(isinstance(inner, ast.Subscript) and scopes.names_in(inner.slice) & counters for inner in ast.walk(node))


def _is_dropped(m: Machine, run: LoopRun, layer: Layer, earlier: _Call, site: Site, call: ast.Call) -> bool:
    """Whether nothing reads the state that an earlier round returned."""
    kind = layer.kind.rpartition(".")[2]
    scope = scopes.scope_of(m)
    target = scopes.state_target(scope, site.node, kind)
    if target is None:
        return False
    if call is not site.node and not scopes.is_unread(scope, target):
        return _is_dropped_outside(run, earlier.result, kind, call) or _is_second(run, scope, target, call)
    if kind in ("GRUCell", "RNNCell"):
        return isinstance(target, ast.Name)
    if isinstance(target, ast.Tuple) and kind in ("LSTM", "LSTMCell") and len(target.elts) == 2:
        # without c the state cannot go on
        target = target.elts[1]
    return scopes.is_unread(scope, target)


def _is_dropped_outside(run: LoopRun, result: Value, kind: str, call: ast.Call) -> bool:
    """Whether the function that calls the layer returns the state, and its caller binds it to names never read."""
    frame = run.frame
    scope: ast.AST = frame.function.node if frame.function is not None else run.file.tree
    parent = scopes.parents(scope).get(call)
    if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Tuple):
        return False
    parts = _state_parts(result, kind)
    holders = [name for name, value in frame.names.items() if any(_holds(value, part) for part in parts)]
    bound = scopes.names_in(parent.targets[0])
    return bool(holders) and all(name in bound and name not in scopes.loads(scope) for name in holders)


def _is_second(run: LoopRun, inner: ast.AST, state: ast.expr, call: ast.Call) -> bool:
    """`out, _ = step(x, h)` where `step` always returns its output and then the state, and nothing else."""
    scope: ast.AST = run.frame.function.node if run.frame.function is not None else run.file.tree
    parent = scopes.parents(scope).get(call)
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not scopes.is_unread(scope, target.elts[1]):
        return False
    returned = [node.value for node in ast.walk(inner) if isinstance(node, ast.Return)]
    return bool(returned) and all(
        isinstance(value, ast.Tuple) and len(value.elts) == 2 and ast.unparse(value.elts[1]) == ast.unparse(state)
        for value in returned
    )


def _state_parts(result: Value, kind: str) -> list[Value]:
    state = result
    if not kind.endswith("Cell"):
        state = result.head[1] if isinstance(result, Items) and len(result.head) == 2 else None
    if isinstance(state, Items):
        return [state, *state.head]
    return [state] if isinstance(state, Tensor) else []


def _holds(value: Value, part: Value) -> bool:
    return value is part or (isinstance(value, Items) and any(item is part for item in value.head))
