"""Torch's modules in a program: building them, calling them, their attributes, methods and containers."""

from __future__ import annotations

import difflib
from typing import Any

from lstmcheck.contract import weights
from lstmcheck.contract.attributes import has_attribute
from lstmcheck.contract.needs import Need, Raises
from lstmcheck.dims import symbol
from lstmcheck.infer import checkpoints, lightning, placement, records, recurrent
from lstmcheck.infer.classes import MODULE_METHODS_RETURNING_SELF
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.recurrent import KINDS
from lstmcheck.infer.shapes import Shape
from lstmcheck.infer.silent import gates, reading
from lstmcheck.infer.strides import carry as strides
from lstmcheck.infer.torch_ops import LAYERS, load
from lstmcheck.infer.values import (
    NOTHING,
    Instance,
    Items,
    Layer,
    Mapping,
    Method,
    Tensor,
    Unknown,
    Value,
    truth,
)

CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.ParameterList")


PARALLEL = "torch.nn.DataParallel"


def make_parallel(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`DataParallel(module)` and `DistributedDataParallel(module)`: the module under another name."""
    module = args[0] if args else keywords.get("module")
    return Layer(PARALLEL, {}, m.here(), children=Mapping({"module": module}))


def is_known_layer(path: str) -> bool:
    """Whether the shape function of a torch module is known."""
    load()
    return path in recurrent.KINDS or path in LAYERS


def is_container(path: str) -> bool:
    """Whether a torch module holds other modules and nothing else."""
    return path in CONTAINERS


def construct_layer(m: Machine, path: str, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call the constructor of one of torch's modules, or of a library's that is called as they are."""
    from lstmcheck.infer.calls import rest_of

    if path in recurrent.KINDS:
        m.meet()
        return recurrent.build(m, path, args, keywords, open_)
    if path in CONTAINERS:
        return _container(m, path, args, keywords, open_)
    load()
    site = m.here()
    entry = LAYERS[path]
    bound: dict[str, Value] = {}
    nodes = dict(m.arg_nodes)
    sites: dict[str, Any] = {}
    for i, parameter in enumerate(p for p in entry.parameters if not p.variadic):
        key: int | str = i if i < len(args) else parameter.name
        if parameter.rest:
            bound[parameter.name] = rest_of(entry, keywords)
        elif i < len(args):
            bound[parameter.name] = settle(args[i], m.facts)
        elif parameter.name in keywords:
            bound[parameter.name] = settle(keywords[parameter.name], m.facts)
        elif open_ or parameter.required:
            bound[parameter.name] = Unknown(parameter.name, "not given here")
        else:
            bound[parameter.name] = parameter.default
        if key in nodes:
            from lstmcheck.infer.values import Site

            sites[parameter.name] = Site(site.file, nodes[key])
    return Layer(path, bound, site, sites)


def _container(m: Machine, path: str, args: list[Value], keywords: dict[str, Value], open_: bool) -> Layer:
    site = m.here()
    if path == "torch.nn.Sequential":
        first = settle(args[0], m.facts) if args else None
        if len(args) == 1 and isinstance(first, Mapping):
            return Layer(path, {}, site, children=first)
        if open_:
            return Layer(path, {}, site, children=Items("list", args, m.fresh("layer"), symbol("layers", len(args))))
        return Layer(path, {}, site, children=Items("list", args))
    given = settle(args[0], m.facts) if args else keywords.get("modules")
    if path == "torch.nn.ModuleDict":
        children = (
            Mapping(dict(given.entries), given.open) if isinstance(given, Mapping) else Mapping(open=given is not None)
        )
        return Layer(path, {}, site, children=children)
    if given is None:
        return Layer(path, {}, site, children=Items("list"))
    from lstmcheck.infer.loops import elements_of

    contents = elements_of(m, given)
    held = Items("list", (), m.fresh("layer"), symbol("layers", 0))
    if contents is not None:
        held.state["contents"] = contents
    return Layer(path, {}, site, children=held)


def call_layer(m: Machine, layer: Layer, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call one of torch's modules."""
    if layer.fields.get("forward", NOTHING) is not NOTHING or m.project.is_replaced(layer.kind):
        if layer.config is not None and m.observer is not None:
            m.observer.not_followed(m, m.here(), layer, "the layer's forward is replaced by the program")
        return m.fresh("forward", "replaced by the program")
    if layer.config is not None:
        return recurrent.call(m, layer, args, keywords, open_)
    if m.observer is not None:
        given = args[0] if args else next(iter(keywords.values()), NOTHING)
        m.observer.other_called(m, m.here(), layer, given)
    if layer.kind == "torch.nn.Sequential":
        return _call_sequential(m, layer, args)
    if layer.kind == PARALLEL:
        from lstmcheck.infer.calls import call_value

        assert isinstance(layer.children, Mapping)
        return call_value(m, layer.children.entries["module"], args, keywords, open_)
    entry = LAYERS.get(layer.kind)
    if entry is None or open_ or not (args or keywords):
        return m.fresh(f"{layer.kind}()", f"{layer.kind} is not modelled")
    return _call_entry(m, layer, entry, args, keywords)


def _call_entry(m: Machine, layer: Layer, entry: Any, args: list[Value], keywords: dict[str, Value]) -> Value:
    node, nodes = m.node, m.arg_nodes
    given = list(args) or [next(iter(keywords.values()))]
    named = dict(keywords) if args else {}

    def run(pending: list[Value], done: list[Value]) -> Value:
        if not pending:
            m.node, m.arg_nodes = node, nodes
            try:
                result = entry.function(m, layer, *done, **named)
            except TypeError as error:
                if "positional argument" not in str(error) and "keyword argument" not in str(error):
                    raise
                result = None
            reading.layer_called(m, layer, done, result)
            strides.layer_called(m, layer, done, result)
            return m.fresh(f"{layer.kind}()", "its result is not known", "tensor") if result is None else result
        return m.each(pending[0], lambda value: run(pending[1:], [*done, value]))

    return run(given, [])


def _call_sequential(m: Machine, layer: Layer, args: list[Value]) -> Value:
    from lstmcheck.infer.calls import at_call

    children = layer.children
    if isinstance(children, Mapping):
        modules = [value for value in children.entries.values() if value is not NOTHING]
        whole = not children.open
    else:
        assert isinstance(children, Items)
        modules, whole = list(children.head), children.whole
    if len(args) != 1:
        return m.fresh("Sequential()")
    node = m.node
    assert node is not None
    value = args[0]
    for module in modules:
        m.tick()
        value = at_call(m, node, module, [value], {}, False, {})
    return value if whole else m.fresh("Sequential()", "not all of its layers are known")


# Attributes and methods

_CONFIG_SIZES = ("input_size", "hidden_size", "num_layers", "proj_size")
_CONFIG_FLAGS = ("batch_first", "bidirectional", "bias")


def layer_attribute(m: Machine, layer: Layer, name: str, inner: bool = False) -> Value:
    """An attribute of one of torch's modules; `inner` when a class of the program derives from it."""
    config: Any = layer.config
    if config is not None:
        if name in _CONFIG_SIZES and hasattr(config, name):
            return m.facts.simplify(getattr(config, name))
        if name in _CONFIG_FLAGS and hasattr(config, name):
            return truth(m.facts.simplify(getattr(config, name)))
        if name == "mode":
            return layer.kind.rpartition(".")[2] if not layer.kind.endswith("RNN") else m.fresh(name)
        if name in ("dropout", "nonlinearity"):
            return layer.args.get(name, m.fresh(name))
        shape = weights.weight_shape(config, name) if name.startswith(("weight_", "bias_")) else None
        if shape is not None:
            return gates.of_bias(layer, name, Tensor(Shape(shape), name=name))
        if name == "_all_weights":
            return _names_of_weights(m, config)
        if name in ("all_weights", "_flat_weights"):
            return m.fresh(name)
    elif name in layer.args and not isinstance(layer.args[name], Unknown):
        return settle(layer.args[name], m.facts)
    elif name in layer.args:
        return layer.args[name]
    if isinstance(layer.children, Mapping) and name in layer.children.entries:
        return settle(layer.children.entries[name], m.facts)
    if name in ("weight", "bias"):
        return _plain_weight(m, layer, name)
    if name == "__class__":
        return m.project.external(layer.kind)
    if config is not None and not inner and not has_attribute(config.kind, name):
        _missing_attribute(m, layer, name)
        return m.fresh(name, "torch has no such attribute")
    if name == "training":
        return m.fresh("training", kind="bool", free=True)
    return Method(layer, name)


def _names_of_weights(m: Machine, config: Any) -> Value:
    """`rnn._all_weights`: the names of each layer's and direction's weights, as lists."""
    try:
        names = [weight.name for weight in weights.weights(config)]
    except weights.OpenStructure:
        return m.fresh("_all_weights")
    rows: dict[str, list[Value]] = {}
    for name in names:
        rows.setdefault(name.split("_", 2)[2], []).append(name)
    return Items("list", [Items("list", row) for row in rows.values()])


def _missing_attribute(m: Machine, layer: Layer, name: str) -> None:
    if name in m.project.assigned_names:
        return
    kind = KINDS[layer.kind]
    raises = Raises("AttributeError", "'{kind}' object has no attribute '{name}'", {"kind": kind, "name": name})
    nearest = difflib.get_close_matches(name, [*_CONFIG_SIZES, *_CONFIG_FLAGS], 1)
    detail = {"attribute": name, "of": kind, "nearest": nearest[0] if nearest else None}
    m.need(Need("attribute.missing", name, (), "never", name, raises=raises, detail=detail), layer=layer)


def _plain_weight(m: Machine, layer: Layer, name: str) -> Value:
    sizes = {
        "torch.nn.Linear": ("out_features", "in_features"),
        "torch.nn.Embedding": ("num_embeddings", "embedding_dim"),
    }.get(layer.kind)
    if sizes is None:
        return m.fresh(name, kind="tensor")
    dims = [m.dim(layer.args.get(size)) for size in sizes]
    if any(dim is None for dim in dims):
        return m.fresh(name, kind="tensor")
    known = tuple(dim for dim in dims if dim is not None)
    return Tensor(Shape(known if name == "weight" else known[:1]), name=name)


_LIST_METHODS = ("append", "extend", "insert", "pop")


def call_layer_method(
    m: Machine, layer: Layer, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """Call a method of one of torch's modules."""
    from lstmcheck.infer.calls import escape
    from lstmcheck.infer.containers import call_container_method

    if name in ("forward", "__call__"):
        return call_layer(m, layer, args, keywords, open_)
    if name in MODULE_METHODS_RETURNING_SELF:
        placement.move(m, layer, name, args, keywords)
        return layer
    if layer.children is not None and (
        name in _LIST_METHODS or (isinstance(layer.children, Mapping) and name in _DICT_METHODS)
    ):
        result = call_container_method(m, layer.children, name, args, keywords, open_)
        return layer if name in ("append", "extend") else result
    if name == "add_module" and len(args) == 2 and layer.children is not None:
        return _add_module(m, layer, args[0], args[1])
    if name == "flatten_parameters":
        return None
    if name == "named_parameters" and layer.config is not None and not (args or keywords):
        return _named_weights(m, layer)
    if name == "_get_name":
        return layer.kind.rpartition(".")[2]
    if name in ("register_forward_hook", "register_forward_pre_hook"):
        escape(m, args, keywords)
        m.put(layer.fields, "forward", m.fresh("hook"))
        return m.fresh(name)
    if name in ("state_dict", "load_state_dict"):
        return _weights_method(m, layer, name, args, keywords)
    return m.fresh(f"{layer.kind}.{name}()")


def _some_weights(m: Machine, instance: Instance) -> Value:
    """`model.named_parameters()`: how many there are is not known; a loop sees the biases of a layer among them."""
    found = Items("generator", (), m.fresh("element"), symbol("count", 0))
    for name, field in instance.fields.items():
        if isinstance(field, Layer) and field.config is not None:
            suffix = "" if field.kind.endswith("Cell") else "_l0"
            found.state["among"] = [
                Items("tuple", [f"{name}.{weight}{suffix}", layer_attribute(m, field, f"{weight}{suffix}")])
                for weight in ("bias_ih", "bias_hh")
            ]
    return found


def _named_weights(m: Machine, layer: Layer) -> Value:
    """`lstm.named_parameters()`, where it is known which weights there are."""
    try:
        names = [weight.name for weight in weights.weights(layer.config)]  # type: ignore[arg-type]
    except weights.OpenStructure:
        return m.fresh("named_parameters()")
    return Items("generator", [Items("tuple", [name, layer_attribute(m, layer, name)]) for name in names])


_DICT_METHODS = ("items", "keys", "values", "update", "pop")


def _add_module(m: Machine, layer: Layer, name: Value, module: Value) -> None:
    children = layer.children
    if isinstance(children, Items):
        from lstmcheck.infer.containers import append

        append(m, children, module)
    else:
        assert isinstance(children, Mapping)
        if isinstance(name, str):
            m.put(children.entries, name, module)
        else:
            m.put(children.state, "open", True)


def _weights_method(m: Machine, model: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    if name == "state_dict":
        return checkpoints.weights_of(m, model)
    given = {**dict(zip(("state_dict", "strict"), args)), **keywords}
    return checkpoints.load_into(m, model, given.get("state_dict"), given.get("strict", True))


def call_instance_method(
    m: Machine, instance: Instance, name: str, args: list[Value], keywords: dict[str, Value], open_: bool
) -> Value:
    """A method that an instance has from torch's Module (or another library's base class)."""
    from lstmcheck.infer.calls import escape
    from lstmcheck.infer.classes import build_inner

    if name in MODULE_METHODS_RETURNING_SELF:
        placement.move(m, instance, name, args, keywords)
        return instance
    if name == "super.__init__":
        build_inner(m, instance, args, keywords, open_)
        return None
    if name in ("super.forward", "super.__call__"):
        return m.fresh(name)
    if name.removeprefix("super.") in MODULE_METHODS_RETURNING_SELF:
        return instance
    if name in ("add_module", "register_module", "register_buffer", "register_parameter") and len(args) >= 2:
        if isinstance(args[0], str):
            m.put(instance.fields, args[0], placement.movable(args[1]) if "module" not in name else args[1])
        return None
    if name in ("state_dict", "load_state_dict"):
        return _weights_method(m, instance, name, args, keywords)
    if name == "save_hyperparameters":
        return lightning.save_hyperparameters(m, instance, args, keywords)
    if name in ("_replace", "_asdict"):
        return (records.changed if name == "_replace" else records.as_dict)(m, [instance, *args], keywords)
    if name in ("skipTest", "fail"):
        skipped = m.fresh(name)
        skipped.facts["never returns"] = True
        return skipped
    if name in ("register_forward_hook", "register_forward_pre_hook"):
        escape(m, args, keywords)
        m.put(instance.fields, "*hooked*", True)
        return m.fresh(name)
    if name == "named_parameters" and not (args or keywords):
        return _some_weights(m, instance)
    if name in ("parameters", "named_parameters", "modules", "children", "named_modules", "named_children"):
        kind = "tensor" if name == "parameters" else None
        return Items("generator", (), m.fresh("element", kind=kind), symbol("count", 0))
    return m.fresh(f"{name}()")
