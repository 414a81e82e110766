"""Calls: evaluating arguments, binding parameters, running functions of the program, dispatching everything else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from lstmcheck.dims import Dim, TooComplex, either, symbol
from lstmcheck.infer import graph, ranks
from lstmcheck.infer.attributes import ClassMethod, Property, StaticMethod, get_attribute
from lstmcheck.infer.checkpoints import Weight, Weights, entries_of
from lstmcheck.infer.commandline import Options, Parser, leave
from lstmcheck.infer.containers import forget_entries
from lstmcheck.infer.expressions import evaluate, followed, whole_items
from lstmcheck.infer.joins import BY_CASE, join, settle
from lstmcheck.infer.machine import MAX_CALLS, MAX_DEPTH, GiveUp, Machine
from lstmcheck.infer.meaning import comments
from lstmcheck.infer.shapes import ANY_SHAPE, closed
from lstmcheck.infer.silent import gates, order, reading
from lstmcheck.infer.strides import carry as strides
from lstmcheck.infer.values import (
    NOTHING,
    Array,
    Bound,
    Builtin,
    Choice,
    Class,
    External,
    Frame,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Method,
    Packed,
    Partial,
    ShapeOf,
    Site,
    Super,
    Tensor,
    Unknown,
    Value,
)

MAX_RECURSION = 2
SHALLOW = 2


def call_node(m: Machine, node: ast.Call) -> Value:
    """Evaluate a call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in m.frame.names:
        return _super(m, node)
    callee = evaluate(m, node.func)
    if isinstance(callee, Builtin) and callee.name == "zip" and len(node.args) == 1:
        turned = _transposed(m, node.args[0])
        if turned is not None:
            return turned
    args: list[Value] = []
    arg_nodes: dict[int | str, ast.expr] = {}
    open_ = False
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            known = whole_items(m, evaluate(m, arg.value))
            if known is None:
                open_ = True
            else:
                args.extend(known)
        else:
            arg_nodes[len(args)] = arg
            args.append(evaluate(m, arg))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = evaluate(m, keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
            arg_nodes[keyword.arg] = keyword.value
        else:
            open_ = _spread(m, value, keywords) or open_
    return at_call(m, node, callee, args, keywords, open_, arg_nodes)


def _transposed(m: Machine, node: ast.expr) -> Value | None:
    """`zip(*rows)` for rows of one known length, however many they are."""
    if not isinstance(node, ast.Starred):
        return None
    rows = evaluate(m, node.value)
    if not isinstance(rows, Items) or rows.whole:
        return None
    row = settle(rows.rest, m.facts)
    if rows.head or not isinstance(row, Items) or not row.whole:
        return None
    return Items("iterator", [Items("tuple", (), part, rows.length) for part in row.head])


def at_call(
    m: Machine,
    node: ast.AST,
    callee: Value,
    args: list[Value],
    keywords: dict[str, Value],
    open_: bool,
    arg_nodes: dict[int | str, ast.expr],
) -> Value:
    """Call a value as written at one node."""

    if type(callee) not in BY_CASE:
        m.node, m.arg_nodes = node, arg_nodes
        return call_value(m, callee, args, keywords, open_)

    def one(option: Value) -> Value:
        m.node, m.arg_nodes = node, arg_nodes
        return call_value(m, option, args, keywords, open_)

    return m.each(callee, one)


def _spread(m: Machine, value: Value, keywords: dict[str, Value]) -> bool:
    """Add the entries of `**value`; True when there may be others."""
    value = settle(value, m.facts)
    if isinstance(value, Choice):
        merged = _spread_choice(m, value)
        if merged is None:
            return True
        keywords.update(merged)
        return False
    if isinstance(value, Mapping):
        keywords.update({key: v for key, v in value.entries.items() if isinstance(key, str) and v is not NOTHING})
        return value.open
    return True


def _spread_choice(m: Machine, value: Choice) -> dict[str, Value] | None:
    """Several dicts with the same keys as one dict of choices."""
    options = [option for _, option in value.options]
    if not all(isinstance(option, Mapping) and not option.open for option in options):
        return None
    keys = set(options[0].entries)
    if any(set(option.entries) != keys for option in options):
        return None
    merged: dict[str, Value] = {}
    for key in options[0].entries:
        *firsts, (_, last) = value.options
        result = last.entries[key]
        for condition, option in reversed(firsts):
            result = join(condition, option.entries[key], result)
        merged[key] = result
    return merged


def _super(m: Machine, node: ast.Call) -> Value:
    frame: Frame | None = m.frame
    while frame is not None and frame.receiver is None:
        frame = frame.outer
    if frame is None or frame.function is None:
        return m.fresh("super")
    return Super(frame.receiver, frame.function.owner)


def call_value(m: Machine, callee: Value, args: list[Value], keywords: dict[str, Value], open_: bool = False) -> Value:
    """Call a value with evaluated arguments; `open_` says that further arguments are not known."""
    if type(callee) in BY_CASE:
        callee = settle(callee, m.facts)
        if isinstance(callee, Choice):
            return m.each(callee, lambda option: call_value(m, option, args, keywords, open_))
    run = CALLERS.get(type(callee))
    return m.fresh(reason="not callable here") if run is None else run(m, callee, args, keywords, open_)


def _function(m: Machine, callee: Function, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    return call_function(m, callee, args, keywords, open_)


def call_function(
    m: Machine, function: Function, args: list[Value], keywords: dict[str, Value], open_: bool = False
) -> Value:
    """Run a function of the program on abstract arguments."""
    node = function.node
    runs = m.runs[node] = m.runs.get(node, 0) + 1
    if runs > MAX_CALLS and m.depth > SHALLOW and not isinstance(node, ast.Lambda):
        return m.fresh(f"{function.name}()", "called too often")
    if m.depth >= MAX_DEPTH or m.active.count(node) > MAX_RECURSION:
        return m.fresh(f"{function.name}()", "calls go too deep")
    names = bind_arguments(m, function, args, keywords, open_)
    if names is None:
        return m.fresh(f"{function.name}()", "its arguments do not fit")
    return run_function(m, function, names, args[0] if args and function.owner is not None else None)


def run_function(m: Machine, function: Function, names: dict[str, Value], receiver: Value) -> Value:
    """Run a function's body with its parameters bound."""
    from lstmcheck.infer.statements import run_block

    node = function.node
    outer = function.frame
    while outer.owner is not None and outer.function is None and outer.outer is not None:
        outer = outer.outer
    frame = Frame(outer.file, names, outer, function, function.owner, outer.module, receiver=receiver)
    if m.concrete:
        m.entered.add(node)
    generator = is_generator(function)
    if generator:
        frame.yields, frame.forks = [], m.forks
    caller, caller_node, nodes = m.frame, m.node, m.arg_nodes
    called = isinstance(caller_node, ast.AST) and caller is not None
    if called:
        m.calls.append(Site(caller.file, caller_node))  # type: ignore[arg-type]
    m.frame = frame
    m.depth += 1
    m.active.append(node)
    facts = m.facts
    ends: Dim = 1
    if m.observer is not None:
        m.observer.entered(m, frame)
    if isinstance(node, ast.FunctionDef):
        comments.note(m, outer.file, node, names)
    try:
        if isinstance(node, ast.Lambda):
            return evaluate(m, node.body)
        flow = run_block(m, node.body)
        if m.gate_writes:
            gates.finish(m, node)
        if generator:
            return _generated(m, frame)
        if isinstance(node, ast.AsyncFunctionDef):
            return m.fresh(f"{function.name}()", "awaited")
        if not isinstance(flow.falls, int):
            ends = flow.falls
            for condition, _ in frame.returns:
                ends = either(ends, condition)
        result = fold_returns(m, frame, flow.falls, flow.lost)
        if function.name == "forward":
            order.returned(m, function, receiver, result)
        if m.concrete:
            m.completed.add(node)
        return result
    except TooComplex:
        return m.fresh(f"{function.name}()", "too many cases")
    except GiveUp:
        if m.steps < 0:
            raise
        return m.fresh(f"{function.name}()", "too many cases")
    finally:
        if m.observer is not None:
            m.observer.left(m, frame)
        m.facts = facts
        if not isinstance(ends, int):
            # the caller goes on only where this function ends without an exception
            m.assume(ends)
        m.active.pop()
        m.depth -= 1
        m.frame, m.node, m.arg_nodes = caller, caller_node, nodes
        if called:
            m.calls.pop()


def fold_returns(m: Machine, frame: Frame, falls: Any, lost: bool) -> Value:
    """One value for all the ways a function ends."""
    ways = list(frame.returns)
    if not (isinstance(falls, int) and falls == 0):
        ways.append((1, None))
    if not ways:
        result = m.fresh("never")
        result.facts["never returns"] = lost
        return result
    value = ways[-1][1]
    for condition, earlier in reversed(ways[:-1]):
        value = join(m.facts.simplify(condition), earlier, value)
    return value


def _generated(m: Machine, frame: Frame) -> Value:
    yielded = frame.yields or []
    if yielded and frame.yields_all:
        return Items("generator", yielded)
    if not yielded:
        return Items("generator", (), m.fresh("element"), symbol("yielded", 0))
    return Items("generator", yielded[:1], yielded[1] if len(yielded) > 1 else yielded[0], symbol("yielded", 0))


def is_generator(function: Function) -> bool:
    """Whether a function's own body contains `yield`."""
    return function.frame.file.outline.of[function.node].yields


def bind_arguments(
    m: Machine, function: Function, args: Sequence[Value], keywords: dict[str, Value], open_: bool
) -> dict[str, Value] | None:
    """Parameters by name; None when the call does not fit the signature."""
    arguments = function.node.args
    positional = arguments.posonlyargs + arguments.args
    names: dict[str, Value] = {}
    for parameter, value in zip(positional, args):
        names[parameter.arg] = value
    extra = list(args[len(positional) :])
    if arguments.vararg is not None:
        if open_ and not extra:
            names[arguments.vararg.arg] = Items("tuple", (), m.fresh("argument"), symbol("len", 0))
        else:
            names[arguments.vararg.arg] = Items("tuple", extra)
    elif extra:
        return None
    allowed = {parameter.arg for parameter in arguments.args + arguments.kwonlyargs}
    rest: dict[Any, Value] = {}
    for name, value in keywords.items():
        if name in allowed:
            if name in names:
                return None
            names[name] = value
        else:
            rest[name] = value
    if arguments.kwarg is not None:
        names[arguments.kwarg.arg] = Mapping(rest, open=open_)
    elif rest:
        return None
    return _with_defaults(m, function, names, open_)


def _with_defaults(m: Machine, function: Function, names: dict[str, Value], open_: bool) -> dict[str, Value] | None:
    arguments = function.node.args
    positional = arguments.posonlyargs + arguments.args
    first_default = len(positional) - len(function.defaults)
    for i, parameter in enumerate(positional):
        if parameter.arg not in names:
            if open_:
                names[parameter.arg] = Unknown(parameter.arg, "given by unpacking")
            elif i >= first_default:
                names[parameter.arg] = function.defaults[i - first_default]
            else:
                return None
    for parameter, default in zip(arguments.kwonlyargs, function.kw_defaults):
        if parameter.arg not in names:
            unknown = open_ or (default is None and _required(arguments, parameter))
            names[parameter.arg] = Unknown(parameter.arg, "given by unpacking") if unknown else default
    return names


def _required(arguments: ast.arguments, parameter: ast.arg) -> bool:
    return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)] is None


def _bound(m: Machine, callee: Bound, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    nodes = m.arg_nodes
    m.arg_nodes = {(key + 1 if isinstance(key, int) else key): node for key, node in nodes.items()}
    return call_value(m, callee.function, [callee.receiver, *args], keywords, open_)


def _class(m: Machine, callee: Class, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.classes import instantiate

    return instantiate(m, callee, args, keywords, open_)


def _instance(m: Machine, callee: Instance, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.classes import call_instance

    return call_instance(m, callee, args, keywords, open_)


def _layer(m: Machine, callee: Layer, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.layers import call_layer

    return call_layer(m, callee, args, keywords, open_)


def _method(m: Machine, callee: Method, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.containers import call_container_method
    from lstmcheck.infer.layers import call_instance_method, call_layer_method

    receiver = callee.receiver
    if isinstance(receiver, Array):
        from lstmcheck.infer.numpy_ops import call_method

        return call_method(m, receiver, callee.name, args, keywords, open_)
    if isinstance(receiver, (Tensor, Unknown)):
        return call_tensor_method(m, receiver, callee.name, args, keywords, open_)
    if isinstance(receiver, Layer):
        return call_layer_method(m, receiver, callee.name, args, keywords, open_)
    if isinstance(receiver, Instance):
        return call_instance_method(m, receiver, callee.name, args, keywords, open_)
    if isinstance(receiver, Packed):
        return _call_packed_method(m, receiver, callee.name, args, keywords, open_)
    if isinstance(receiver, ShapeOf):
        return m.fresh(callee.name)
    if isinstance(receiver, Weight):
        return receiver
    if isinstance(receiver, Weights):
        return call_weights_method(m, receiver, callee.name)
    if isinstance(receiver, Builtin):
        from lstmcheck.infer.dictionaries import call_unbound

        return call_unbound(m, receiver.name, callee.name, args, keywords)
    return call_container_method(m, receiver, callee.name, args, keywords, open_)


def _call_packed_method(
    m: Machine, packed: Packed, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """A method of a packed sequence: those that move or cast it do so to its data."""
    if name not in SAME_TENSOR:
        return m.fresh(name)
    data = get_attribute(m, packed, "data")
    cast = call_tensor_method(m, data, name, args, keywords, open_) if isinstance(data, Tensor) else None
    dtype = cast.dtype if isinstance(cast, Tensor) else None
    return packed if dtype == packed.dtype else packed.with_dtype(dtype)


def call_weights_method(m: Machine, weights: Weights, name: str) -> Value:
    """A method of what `state_dict()` returns."""
    pairs = entries_of(m, weights)
    if name == "copy":
        return Weights(dict(weights.layers))
    if name == "items":
        head: list[Value] = [Items("tuple", pair) for pair in pairs]
        rest: Value = Items("tuple", [m.fresh("key", kind="str", free=True), m.fresh("weight", kind="tensor")])
    elif name == "keys":
        head, rest = [key for key, _ in pairs], m.fresh("key", kind="str", free=True)
    else:
        return m.fresh(name)
    return Items("iterator", head, rest, symbol("keys", len(head)))


SAME_TENSOR = frozenset(
    [
        "to",
        "cuda",
        "cpu",
        "contiguous",
        "float",
        "double",
        "half",
        "bfloat16",
        "detach",
        "clone",
        "detach_",
        "requires_grad_",
        "pin_memory",
    ]
)
# names that strings, lists, arrays or other objects share with tensors: on an unknown value they tell nothing
AMBIGUOUS = frozenset(
    [
        "split",
        "index",
        "replace",
        "count",
        "find",
        "format",
        "add",
        "max",
        "min",
        "sum",
        "sort",
        "any",
        "all",
        "pop",
        "copy",
        "values",
        "mean",
        "std",
        "var",
        "item",
        "numel",
        "type",
        "view",
        "round",
        "set_",
        "cumsum",
        "prod",
        "repeat",
        "dot",
        "conj",
        "real",
        "imag",
    ]
)


# methods that give their own tensor another shape
RESHAPING_IN_PLACE = frozenset(
    [
        "squeeze_",
        "unsqueeze_",
        "transpose_",
        "t_",
        "swapaxes_",
        "swapdims_",
        "resize_",
        "resize_as_",
        "set_",
        "as_strided_",
    ]
)


def _only_of_arrays(name: str, args: list[Value]) -> bool:
    """Whether a method is numpy's, called as torch does not take it."""
    return name == "astype" or (name == "transpose" and len(args) != 2)


# as many sizes or axes as only a tensor's method takes
_LEAST_ARGUMENTS = {"view": 2, "repeat": 3}


def _only_of_tensors(name: str, args: list[Value], keywords: dict[str, Value]) -> bool:
    """Whether a method is torch's, called as numpy and others do not take it: `x.view(b, -1)`, `x.sum(dim=1)`."""
    if isinstance(keywords.get("dim"), int) or "keepdim" in keywords:
        return True
    return name in _LEAST_ARGUMENTS and len(args) >= _LEAST_ARGUMENTS[name]


def call_tensor_method(
    m: Machine, receiver: Tensor | Unknown, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """A method of a tensor, or of a value that may be one."""
    from lstmcheck.infer.torch_ops import OPS, load

    load()
    if isinstance(receiver, Unknown):
        if receiver.kind not in (None, "tensor"):
            return m.fresh(f"{receiver.name}.{name}()", free=receiver.free)
        if receiver.kind is None and _only_of_arrays(name, args):
            from lstmcheck.infer.numpy_ops import call_method

            return call_method(m, receiver, name, args, keywords, open_)
        if receiver.kind is None and name in SAME_TENSOR:
            return receiver
        if receiver.kind is None and name in AMBIGUOUS and not _only_of_tensors(name, args, keywords):
            return m.fresh(f"{receiver.name}.{name}()", free=receiver.free)
        receiver = receiver.as_tensor()
    entry = OPS.get(f"Tensor.{name}")
    if name in ("fill_", "add_") and len(args) == 1 and m.node is not None:
        gates.written(m, receiver, args[0], m.here())
    if name == "backward":
        graph.backward(m, receiver, keywords)
        return None
    if name in ("detach", "detach_"):
        if name == "detach_":
            m.put(receiver.state, "graph", frozenset())
        return graph.detached(receiver)
    if name in RESHAPING_IN_PLACE:
        return _reshaped_in_place(m, receiver, name, args, keywords, open_)
    if entry is None:
        return m.fresh(
            f"{receiver.name}.{name}()", f"Tensor.{name} is not modelled", "tensor" if not receiver.vague else None
        )
    return call_op(m, entry, [receiver, *args], keywords, open_)


def _reshaped_in_place(
    m: Machine, receiver: Tensor, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """The shape that the function of the same name without an underscore gives."""
    from lstmcheck.infer.torch_ops import OPS

    shape = ANY_SHAPE
    if name == "resize_":
        sizes = m.sizes(args)
        shape = ANY_SHAPE if sizes is None else closed(*sizes)
    elif (entry := OPS.get(f"Tensor.{name[:-1]}")) is not None:
        made = call_op(m, entry, [receiver, *args], keywords, open_)
        shape = made.shape if isinstance(made, Tensor) else ANY_SHAPE
    ranks.reshape(m, receiver, shape)
    return receiver


def call_op(
    m: Machine,
    entry: Any,
    args: list[Value],
    keywords: dict[str, Value],
    open_: bool,
    kind: str | None = "tensor",
) -> Value:
    """Run the shape function of an operation; an argument with several options is split.

    `kind` is what its result is where nothing else is known of it.
    """
    if open_:
        return m.fresh(entry.paths[0], "called with unknown arguments", kind, free=True)
    if isinstance(keywords.get("out"), Tensor):
        ranks.reshape(m, keywords["out"], ANY_SHAPE)
    names = bind_op(entry, args, keywords)
    if names is None:
        return m.fresh(entry.paths[0], "its arguments do not fit", kind, free=True)
    node, arg_nodes = m.node, m.arg_nodes

    def applied(done: dict[str, Value]) -> Value:
        m.node, m.arg_nodes = node, arg_nodes
        result = _apply(m, entry, done)
        if kind is None and done.get("out") is not None:
            result = done["out"]  # numpy gives back the array that it writes to
        if isinstance(result, (Tensor, Items, Packed)):
            reading.applied(m, entry.paths, done, result)
            strides.carry(m, entry.paths[0], done, result)
        elif isinstance(result, Array):
            reading.applied_to_array(m, entry.paths, done, result)
        if isinstance(result, Tensor) and result.made is None and node is not None:
            result.made = Site(m.frame.file, node)
        if result is None:
            return m.fresh(entry.paths[0], "its result's shape is not known", kind, free=True)
        return result

    def run(several: list[str], done: dict[str, Value]) -> Value:
        if not several:
            return applied(done)
        name, *later = several
        return m.each(done[name], lambda option: run(later, {**done, name: option}))

    return run([name for name, value in names.items() if type(value) in BY_CASE], names)


# numpy's names of parameters, which torch takes, too
_ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "size": "shape"}


def bind_op(entry: Any, args: list[Value], keywords: dict[str, Value]) -> dict[str, Value] | None:
    """Arguments of an operation by parameter name ("*" for the rest); None when required ones are missing."""
    names: dict[str, Value] = {}
    if keywords:
        known = {parameter.name for parameter in entry.parameters}
        keywords = {
            (_ALIASES[name] if name not in known and _ALIASES.get(name) in known else name): v
            for name, v in keywords.items()
        }
    given = list(args)
    variadic = None
    for parameter in entry.parameters:
        if parameter.variadic:
            variadic = parameter
            continue
        if parameter.rest:
            names[parameter.name] = rest_of(entry, keywords)
        elif given and variadic is None and not parameter.keyword:
            names[parameter.name] = given.pop(0)
        elif parameter.name in keywords:
            names[parameter.name] = keywords[parameter.name]
        elif parameter.required:
            return None
        else:
            names[parameter.name] = parameter.default
    if variadic is not None:
        if variadic.name in keywords and not given:
            given = [keywords[variadic.name]]
        names["*"] = tuple(given)
    elif given:
        return None
    return names


def rest_of(entry: Any, keywords: dict[str, Value]) -> Mapping:
    """The keywords that are no parameters of an operation."""
    known = {parameter.name for parameter in entry.parameters}
    return Mapping({name: value for name, value in keywords.items() if name not in known})


def _apply(m: Machine, entry: Any, names: dict[str, Value]) -> Value:
    """Call the shape function: what stands before `*rest` by position, what follows it by keyword."""
    if "*" not in names:
        return entry.function(m, **names)
    before: list[Value] = []
    after: dict[str, Value] = {}
    seen = False
    for parameter in entry.parameters:
        if parameter.variadic:
            seen = True
        elif seen:
            after[parameter.name] = names[parameter.name]
        else:
            before.append(names[parameter.name])
    return entry.function(m, *before, *names["*"], **after)


def _external(m: Machine, callee: External, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.libraries import call_external

    return call_external(m, callee.path, args, keywords, open_)


def _builtin(m: Machine, callee: Builtin, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    from lstmcheck.infer.builtins import BUILTINS

    if open_:
        return m.fresh(callee.name)
    return followed(m, BUILTINS[callee.name](m, args, keywords))


def _partial(m: Machine, callee: Partial, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    m.arg_nodes = {}
    return call_value(m, callee.function, [*callee.args, *args], {**callee.keywords, **keywords}, open_)


def _unknown(m: Machine, callee: Unknown, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    escape(m, args, keywords)
    if m.observer is not None and m.node is not None:
        m.observer.unknown_called(m, m.here(), callee)
    if callee.name.endswith(("setattr", "patch", "patch.object")):
        from lstmcheck.infer.libraries import note_replacement

        note_replacement(m, args)
    return m.fresh(f"{callee.name}()", callee.reason or f"{callee.name} is not known", free=callee.free)


def escape(m: Machine, args: Sequence[Value], keywords: dict[str, Value]) -> None:
    """Lists and dicts handed to code that is not seen may be changed by it."""
    for value in (*args, *keywords.values()):
        if isinstance(value, Items) and value.kind == "list":
            m.set_contents(value, (), m.fresh("element"), symbol("len", 0))
        elif isinstance(value, Mapping):
            forget_entries(m, value)
        elif isinstance(value, (Parser, Options)):
            leave(m, value)
        elif isinstance(value, Instance):
            value.escaped = True
        else:
            _may_be_called(m, value)


def _may_be_called(m: Machine, value: Value) -> None:
    """A function handed to code that is not seen may be called by it: what it changes in place is not known."""
    from lstmcheck.infer.changed import in_functions
    from lstmcheck.infer.passes import undecorated

    function = undecorated(value.function if isinstance(value, (Bound, Partial)) else value)
    if not isinstance(function, Function) or isinstance(function.node, ast.Lambda):
        return
    frame: Frame | None = function.frame
    names = in_functions([function.frame.file.outline.of[function.node]])
    while frame is not None and names:
        escape(m, [frame.names[name] for name in names & set(frame.names)], {})
        names = names - set(frame.names)
        frame = frame.outer


CALLERS: dict[type, Callable[[Machine, Any, list[Value], dict[str, Value], bool], Value]] = {
    Function: _function,
    Bound: _bound,
    Class: _class,
    Instance: _instance,
    Options: _instance,
    Layer: _layer,
    Method: _method,
    External: _external,
    Builtin: _builtin,
    Partial: _partial,
    Unknown: _unknown,
}

TRANSPARENT = (
    "torch.",
    "functools.wraps",
    "functools.lru_cache",
    "functools.cache",
    "abc.",
    "typing.",
    "typing_extensions.",
    "overrides.",
    "jaxtyping.",
    "beartype.",
    "numba.",
    "pytest.",
    "contextlib.",
)


def decorate(m: Machine, function: Function, decorators: Sequence[Value]) -> Value:
    """The value that a decorated definition binds."""
    value: Value = function
    for decorator in reversed(decorators):
        value = _decorated(m, decorator, value)
    return value


def _decorated(m: Machine, decorator: Value, value: Value) -> Value:
    if isinstance(decorator, Builtin):
        made = {"property": Property, "staticmethod": StaticMethod, "classmethod": ClassMethod}.get(decorator.name)
        return made(value) if made is not None else value
    if isinstance(decorator, External):
        if decorator.path.endswith(("cached_property", "abstractproperty")):
            return Property(value)
        if decorator.path.startswith(TRANSPARENT):
            return value
    if isinstance(decorator, Unknown) and isinstance(decorator.facts.get("setter of"), Property):
        return Property(decorator.facts["setter of"].function, value)
    if isinstance(decorator, Unknown) and decorator.facts.get("decorator"):
        return value
    if isinstance(decorator, Function):
        made = call_value(m, decorator, [value], {})
        if isinstance(made, Function) and isinstance(value, Function) and made.frame.function is decorator:
            made.wraps = value
        return made
    wrapped = m.fresh("decorated", "changed by a decorator")
    wrapped.facts["wraps"] = value
    return wrapped
