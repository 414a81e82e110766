"""Names of libraries: canonical paths, and the calls whose meaning is known."""

from __future__ import annotations

import itertools
import math
import string
import sys
from collections.abc import Callable
from typing import Any

from lstmcheck.dims import guard, symbol
from lstmcheck.infer import checkpoints, commandline, data, dictionaries, lightning, numpy_ops, records
from lstmcheck.infer.expressions import followed
from lstmcheck.infer.joins import is_dim, join, settle
from lstmcheck.infer.limits import kind_of_large
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.silent import gates
from lstmcheck.infer.torch_ops import OPS, load
from lstmcheck.infer.torch_ops.common import device_of, duplicate
from lstmcheck.infer.values import (
    NOTHING,
    Bound,
    Contents,
    Dictionary,
    External,
    Function,
    Instance,
    Items,
    Layer,
    Mapping,
    Partial,
    Tensor,
    Unknown,
    Value,
    truth,
)

ALIASES = {
    "torch.nn.modules.rnn": "torch.nn",
    "torch.nn.modules.linear": "torch.nn",
    "torch.nn.modules.sparse": "torch.nn",
    "torch.nn.modules.dropout": "torch.nn",
    "torch.nn.modules.container": "torch.nn",
    "torch.nn.modules.activation": "torch.nn",
    "torch.nn.modules.conv": "torch.nn",
    "torch.nn.modules.module": "torch.nn",
    "torch.nn.modules": "torch.nn",
    "torch.nn.parameter": "torch.nn",
    "torch.utils.data.dataset": "torch.utils.data",
    "torch.utils.data.dataloader": "torch.utils.data",
    "torch.utils.data.sampler": "torch.utils.data",
    "torch.functional": "torch",
    "torch.autograd.variable": "torch.autograd",
    "pytorch_lightning": "lightning",
    "lightning.pytorch": "lightning",
}


_DTYPE_ALIASES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "cfloat": "complex64",
}


def canonical(path: str) -> str:
    """One path for a name that a library offers under several."""
    module, _, name = path.rpartition(".")
    if module == "torch" and name in _DTYPE_ALIASES:
        return f"torch.{_DTYPE_ALIASES[name]}"
    return f"{ALIASES[module]}.{name}" if module in ALIASES and (name[:1].isupper() or name == "random_split") else path


# objects of libraries of which the engine knows only what they are
OBJECTS = frozenset(
    [
        "numpy.random.RandomState",
        "numpy.random.default_rng",
        "sklearn.preprocessing.MinMaxScaler",
        "sklearn.preprocessing.StandardScaler",
        "sklearn.preprocessing.RobustScaler",
        "sklearn.preprocessing.MaxAbsScaler",
    ]
)

# constants of libraries
VALUES: dict[str, Value] = {
    **{f"string.{name}": getattr(string, name) for name in string.__all__ if isinstance(getattr(string, name), str)},
    **{f"{module}.{name}": getattr(math, name) for module in ("math", "numpy") for name in ("pi", "e", "inf", "nan")},
    "math.tau": math.tau,
    "numpy.newaxis": None,
    "sys.maxsize": sys.maxsize,
}

STAR_NAMES = {
    "torch": ("nn", "cat", "zeros", "ones", "randn", "rand", "tensor", "Tensor", "stack", "arange", "optim"),
    "torch.nn": (
        "LSTM",
        "GRU",
        "RNN",
        "LSTMCell",
        "GRUCell",
        "RNNCell",
        "Module",
        "ModuleList",
        "ModuleDict",
        "Sequential",
        "Linear",
        "Embedding",
        "Dropout",
        "Parameter",
        "functional",
    ),
    "torch.nn.utils.rnn": (
        "pack_padded_sequence",
        "pad_packed_sequence",
        "pack_sequence",
        "pad_sequence",
        "PackedSequence",
    ),
}


def star_names(module: str) -> tuple[str, ...]:
    """The names that matter here of `from module import *`."""
    return STAR_NAMES[module]


def call_external(m: Machine, path: str, args: list[Value], keywords: dict[str, Value], open_: bool) -> Value:
    """Call a name of a library."""
    from lstmcheck.infer.calls import TRANSPARENT, call_op, escape
    from lstmcheck.infer.layers import CONTAINERS, construct_layer, is_known_layer
    from lstmcheck.infer.statements import EXPECTS

    if path.endswith(_REPLACERS):
        note_replacement(m, args)
    if m.project.is_replaced(path):
        return m.fresh(path, f"{path} is replaced by the program")
    load()
    if path in gates.INITS:
        gates.initialised(m, path, [*args, *keywords.values()])
    if path == "torch.nn.Parameter" and path in OPS:
        from lstmcheck.infer.placement import movable

        return movable(call_op(m, OPS[path], args, keywords, open_))
    if path in OPS:
        return call_op(m, OPS[path], args, keywords, open_)
    if path.startswith(("numpy.", "sklearn.")):
        numpy_ops.load()
        if path in numpy_ops.OPS:
            return numpy_ops.call(m, path, args, keywords, open_)
        if path in OBJECTS:
            return m.project.external(f"{path}()")
    if path.startswith(_LAYERS_IN) and (is_known_layer(path) or path in CONTAINERS):
        return construct_layer(m, path, args, keywords, open_)
    known = CALLS.get(path)
    if known is not None and not open_:
        return followed(m, known(m, args, keywords))
    if open_ and args:
        commandline.leave(m, args[0])
    head, _, name = path.rpartition(".")
    if head in ("torch.nn", "torch.nn.modules") and name[:1].isupper() and name not in ("Module", "Parameter"):
        return Layer(path, dict(keywords), m.here())
    if path.startswith(_CHANGING):
        escape(m, args, keywords)
    if not path.startswith(commandline.PARSER):
        kinds = (Instance, Bound, Function, commandline.Parser)
        escape(m, [value for value in (*args, *keywords.values()) if isinstance(value, kinds)], {})
    question = _question(path, args, keywords)
    if question in m.project.answers:
        return m.project.answers[question]
    kind = "tensor" if path.startswith("torch.nn.functional.") else None
    given = (*args, *keywords.values())
    free = not any(map(_of_program, given)) and (not given or path.startswith(_OPEN_WORLD) or _any_data(given))
    result = m.fresh(f"{path}()", f"{path} is not modelled", kind, free)
    # `@torch.no_grad()`: what a library's decorator factory returns leaves the function as it is
    result.facts["decorator"] = path.startswith(TRANSPARENT)
    name = path.rpartition(".")[2]
    result.facts["library"] = path
    result.facts["expects"] = name in EXPECTS
    result.facts["never returns"] = path in _NEVER_RETURNS
    if question is not None:
        m.project.answers[question] = result
    return result


_LAYERS_IN = ("torch.nn.", "einops.layers.")
_STEADY = ("torch.cuda.", "torch.backends.", "torch.distributed.", "os.path.", "sys.", "platform.")


def _question(path: str, args: list[Value], keywords: dict[str, Value]) -> tuple[Any, ...] | None:
    """A question to the environment whose answer stays the same during a run (`torch.cuda.is_available()`)."""
    given = (*args, *keywords.values())
    if path.startswith(_STEADY) and all(value is None or isinstance(value, (str, int, float)) for value in given):
        return (path, *args, *keywords.items())
    return None


_OPEN_WORLD = ("random.", "os.", "time.", "sys.", "torch.", "numpy.", "argparse.", "wandb.", "click.")


def _any_data(values: tuple[Value, ...]) -> bool:
    """Whether data or another free value goes in, so that what comes out is free too."""
    return any(isinstance(value, Tensor) or getattr(value, "free", False) for value in values)


def _of_program(value: Value) -> bool:
    """Whether a question about this value has an answer in the program's own text."""
    return not (value is None or isinstance(value, (str, int, float, Tensor)) or getattr(value, "free", False))


def _first(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Calls that hand back their first argument, as far as shapes go."""
    return args[0] if args else next(iter(keywords.values()), None)


def _parallel(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.layers import make_parallel

    return make_parallel(m, args, keywords)


def _copied(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    return copy_value(args[0], {}) if args else m.fresh("copy")


def copy_value(value: Value, done: dict[int, Value]) -> Value:
    """A copy whose changes do not reach the original."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, Items):
        made: Value = Items(value.kind, role=value.role)
        done[id(value)] = made
        old = value.contents
        head = tuple(copy_value(item, done) for item in old.head)
        rest = old.rest if old.rest is NOTHING else copy_value(old.rest, done)
        made.state["contents"] = Contents(head, rest, old.length, old.last)
        return made
    if isinstance(value, Mapping):
        if isinstance(value, Dictionary):
            made = Dictionary(value.cls)
            made.fields.update({name: copy_value(field, done) for name, field in value.fields.items()})
            made.state.update(value.state)
        else:
            made = Mapping({}, value.open, value.made)
        done[id(value)] = made
        made.entries.update({key: copy_value(entry, done) for key, entry in value.entries.items()})
        return made
    if isinstance(value, Tensor):
        made = done[id(value)] = duplicate(value)
        return made
    if isinstance(value, Instance):
        made = Instance(value.cls)
        done[id(value)] = made
        made.fields.update({name: copy_value(field, done) for name, field in value.fields.items()})
        return made
    if isinstance(value, Layer):
        made = Layer(value.kind, value.args, value.site, value.sites, value.config)
        done[id(value)] = made
        made.children = copy_value(value.children, done) if value.children is not None else None
        made.fields.update({name: copy_value(field, done) for name, field in value.fields.items()})
        return made
    return value


def _size(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.expressions import whole_items

    known = whole_items(m, args[0]) if args else None
    return m.fresh("Size") if known is None else Items("tuple", known)


_NEVER_RETURNS = frozenset({"sys.exit", "os._exit", "pytest.skip", "pytest.fail", "pytest.xfail", "pytest.exit"})
_CHANGING = ("random.", "numpy.random.shuffle", "heapq.", "bisect.", "operator.", "builtins.")
_REPLACERS = ("mock.patch", "patch.object", "patch.multiple", "patch.dict", ".setattr")


def note_replacement(m: Machine, args: list[Value]) -> None:
    """A mock or monkeypatch of a library's name: nothing is known of that name from here on."""
    names = [arg for arg in args[:2] if isinstance(arg, str)]
    for arg in args[:1]:
        if isinstance(arg, External):
            m.project.replace_external(f"{arg.path}.{names[0]}" if names else arg.path)
        elif isinstance(arg, str):
            m.project.replace_external(arg)


def _device(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    def one(value: Value) -> Value:
        known = device_of(value)
        return m.fresh("device", free=True) if known is None else External(f"device:{known}")

    value = args[0] if args else next(iter(keywords.values()), None)
    return m.each(value, one)


def _json_loads(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A text that stands in the code, or what `json.dumps` made of a value."""
    text = settle(args[0], m.facts) if args else None
    if isinstance(text, Unknown) and "json" in text.facts:
        return copy_value(text.facts["json"], {})
    if not isinstance(text, str) or keywords:
        return m.fresh("json", "read from a text that is not known", free=True)
    import json

    try:
        return _value_of(json.loads(text))
    except (ValueError, RecursionError):
        return m.fresh("json")


def _json_dumps(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    text = m.fresh("json", kind="str")
    if args and "default" not in keywords and "cls" not in keywords:
        text.facts["json"] = copy_value(args[0], {})
    return text


def _literal(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`ast.literal_eval(text)`."""
    text = settle(args[0], m.facts) if args else None
    if not isinstance(text, str):
        return m.fresh("literal", free=True)
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _value_of(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return m.fresh("literal")


def _value_of(literal: Any) -> Value:
    """Python's own data as the engine's value."""
    if isinstance(literal, dict):
        return Mapping({key: _value_of(entry) for key, entry in literal.items()})
    if isinstance(literal, (list, tuple)):
        return Items(type(literal).__name__, [_value_of(item) for item in literal])
    plain = literal is None or isinstance(literal, (bool, int, float, str))
    return literal if plain and kind_of_large(literal) is None else Unknown("literal")


def _import_module(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`importlib.import_module(name, package)`."""
    name = settle(args[0], m.facts) if args else settle(keywords.get("name"), m.facts)
    if not isinstance(name, str):
        return m.fresh("module", "its name is not known", free=True)
    dotted = name.lstrip(".")
    return m.project.module(m, dotted, len(name) - len(dotted))


def _environment(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A variable of the environment: its default where it is not set, which is how the program runs as it stands."""
    default = args[1] if len(args) > 1 else keywords.get("default")
    name = args[0] if args and isinstance(args[0], str) else "the variable"
    given = guard(f"{name} is set")
    for atom in given.atoms:
        m.defaults[atom] = 0
    return join(given, m.fresh(name, "an environment variable", free=True), default)


def _on_disk(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Whether a file that the program names is there: it is not where the program stands alone."""
    name = args[0] if args else None
    if not isinstance(name, str):
        return m.fresh("exists", free=True)
    known = m.project.answers.get(("on disk", name))
    if known is None:
        there = guard(f"{name} exists")
        for atom in there.atoms:
            m.defaults[atom] = 0
        known = m.project.answers["on disk", name] = truth(there)
    return known


def _partial(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    return Partial(args[0], tuple(args[1:]), keywords) if args else m.fresh("partial")


def _namespace(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    instance = Instance(None, "namespace")
    instance.fields.update(keywords)
    return instance


def _ordered_dict(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.builtins import BUILTINS

    return BUILTINS["dict"](m, args, keywords)


def _default_dict(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    return Mapping(open=True)


def _deque(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.builtins import BUILTINS

    made = BUILTINS["list"](m, args[:1], {})
    most = args[1] if len(args) > 1 else keywords.get("maxlen")
    if most is not None:
        if args and not (isinstance(args[0], Items) and not args[0].head and args[0].whole):
            return m.fresh("deque")
        made.state["maxlen"] = most
    return made


def _drawn(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`random.sample(population, k)` and `random.choices(population, k=k)`."""
    element = _one_drawn(m, args[:1] or [keywords.get("population")], {})
    count = m.dim(args[1] if len(args) > 1 and "k" not in keywords else keywords.get("k", 1))
    return Items("list", (), element, symbol("k", 0) if count is None else count)


def _unit(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`random.random()`: a number from [0, 1)."""
    drawn = m.fresh("random.random()", kind="float", free=True)
    drawn.facts["unit"] = True
    return drawn


def _one_drawn(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`random.choice(population)`."""
    from lstmcheck.infer.loops import common, elements_of

    contents = elements_of(m, args[0]) if args else None
    known = [] if contents is None else [*contents.head, *([] if contents.rest is NOTHING else [contents.rest])]
    return common([settle(value, m.facts) for value in known], "element") if known else m.fresh("element", free=True)


def _range(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.builtins import BUILTINS

    return BUILTINS["range"](m, args, {})


def _product(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.expressions import whole_items

    known = whole_items(m, args[0]) if args else None
    sizes = [m.dim(value) for value in known] if known is not None else [None]
    total = 1
    for size in sizes:
        if size is None:
            return m.fresh("prod")
        total = total * size  # type: ignore[assignment]
    return total


def _rounded(how: Callable[[float], int]) -> Callable[[Machine, list[Value], dict[str, Value]], Value]:
    def run(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
        value = settle(args[0], m.facts) if args else None
        if isinstance(value, (int, float)):
            try:
                return how(value)
            except (ValueError, OverflowError):
                return m.fresh(kind="int")
        return value if is_dim(value) else m.fresh(kind="int")

    return run


def _cycle(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`itertools.cycle`: after the first ones any element may come."""
    return Items("iterator", (), _one_drawn(m, args, keywords), symbol("rounds", 1))


def _products(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`itertools.product` of a few known elements."""
    from lstmcheck.infer.expressions import whole_items

    parts = [whole_items(m, arg) for arg in args]
    known = [part for part in parts if part is not None]
    if keywords or len(known) < len(parts) or math.prod(len(part) for part in known) > _MAX_PRODUCT:
        return m.fresh("product", free=True)
    return Items("iterator", [Items("tuple", row) for row in itertools.product(*known)])


_MAX_PRODUCT = 16


def _chain(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.expressions import whole_items

    parts = [whole_items(m, arg) for arg in args]
    if any(part is None for part in parts):
        return m.fresh("chain")
    return Items("iterator", [value for part in parts for value in part or ()])


_ATTRIBUTE_DICTS = (
    "easydict.EasyDict",
    "munch.Munch",
    "munch.munchify",
    "addict.Dict",
    "box.Box",
    "attrdict.AttrDict",
    "ml_collections.ConfigDict",
    "ml_collections.config_dict.ConfigDict",
    "omegaconf.OmegaConf.create",
    "yacs.config.CfgNode",
)

CALLS: dict[str, Callable[[Machine, list[Value], dict[str, Value]], Value]] = {
    "functools.partial": _partial,
    "torch.utils.data.TensorDataset": data.make_tensor_data,
    "torch.utils.data.DataLoader": data.make_loader,
    "torch.utils.data.Subset": data.make_subset,
    "torch.utils.data.random_split": data.random_split,
    "torch.utils.data.ConcatDataset": data.concatenate,
    "torch.utils.data.BatchSampler": data.batch_sampler,
    **dict.fromkeys(_ATTRIBUTE_DICTS, dictionaries.attribute_dict),
    "copy.copy": _copied,
    "copy.deepcopy": _copied,
    "torch.Size": _size,
    "torch.device": _device,
    "importlib.import_module": _import_module,
    "os.environ.get": _environment,
    "os.getenv": _environment,
    "os.path.exists": _on_disk,
    "os.path.isfile": _on_disk,
    "torch.save": checkpoints.save,
    "torch.load": checkpoints.load,
    "torch.compile": _first,
    "torch.jit.script": _first,
    "torch.jit.trace": _first,
    "torch.nn.DataParallel": _parallel,
    "torch.nn.parallel.DataParallel": _parallel,
    "torch.nn.parallel.DistributedDataParallel": _parallel,
    "torch.nn.utils.weight_norm": _first,
    "torch.nn.utils.spectral_norm": _first,
    "torch.nn.utils.parametrizations.weight_norm": _first,
    "torch.nn.utils.parametrizations.spectral_norm": _first,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    **commandline.CALLS,
    **lightning.CALLS,
    "collections.namedtuple": records.named_tuple,
    "typing.NamedTuple": records.named_tuple,
    "dataclasses.replace": records.changed,
    "dataclasses.asdict": records.as_dict,
    "dataclasses.fields": records.fields,
    "inspect.signature": records.signature,
    "dataclasses.astuple": records.as_plain_tuple,
    "json.loads": _json_loads,
    "json.dumps": _json_dumps,
    "ast.literal_eval": _literal,
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": _default_dict,
    "collections.deque": _deque,
    "random.random": _unit,
    "random.sample": _drawn,
    "random.choice": _one_drawn,
    "math.prod": _product,
    "numpy.prod": _product,
    "math.ceil": _rounded(math.ceil),
    "math.floor": _rounded(math.floor),
    "itertools.chain": _chain,
    "itertools.cycle": _cycle,
    "itertools.product": _products,
    "tqdm.tqdm": _first,
    "tqdm.auto.tqdm": _first,
    "tqdm.notebook.tqdm": _first,
    "tqdm.trange": _range,
}
