"""Names of libraries: canonical paths, and the calls whose meaning is known."""

from __future__ import annotations

import math
from collections.abc import Callable

from lstmcheck.dims import floordiv
from lstmcheck.infer.data import make_loader, make_tensor_data
from lstmcheck.infer.joins import is_dim, settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.torch_ops import OPS, load
from lstmcheck.infer.values import Instance, Items, Layer, Mapping, Partial, Value

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
    "torch.functional": "torch",
    "torch.autograd.variable": "torch.autograd",
}


def canonical(path: str) -> str:
    """One path for a name that torch offers under several."""
    module, _, name = path.rpartition(".")
    return f"{ALIASES[module]}.{name}" if module in ALIASES else path


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
    from lstmcheck.infer.calls import call_op, escape
    from lstmcheck.infer.layers import CONTAINERS, construct_layer, is_known_layer

    if path in m.project.replaced:
        return m.fresh(path, f"{path} is replaced by the program")
    load()
    if path in OPS:
        return call_op(m, OPS[path], args, keywords, open_)
    if path.startswith("torch.nn.") and (is_known_layer(path) or path in CONTAINERS):
        return construct_layer(m, path, args, keywords, open_)
    known = CALLS.get(path)
    if known is not None and not open_:
        return known(m, args, keywords)
    head, _, name = path.rpartition(".")
    if head in ("torch.nn", "torch.nn.modules") and name[:1].isupper() and name not in ("Module", "Parameter"):
        return Layer(path, dict(keywords), m.here())
    if not path.startswith("torch."):
        escape(m, args, keywords)
    return m.fresh(f"{path}()", f"{path} is not modelled", "tensor" if path.startswith("torch.nn.functional.") else None)


def _first(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """Calls that hand back their first argument, as far as shapes go."""
    return args[0] if args else next(iter(keywords.values()), None)


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

    return BUILTINS["list"](m, args[:1], {})


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


def _chain(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    from lstmcheck.infer.expressions import whole_items

    parts = [whole_items(m, arg) for arg in args]
    if any(part is None for part in parts):
        return m.fresh("chain")
    return Items("iterator", [value for part in parts for value in part or ()])


CALLS: dict[str, Callable[[Machine, list[Value], dict[str, Value]], Value]] = {
    "functools.partial": _partial,
    "torch.utils.data.TensorDataset": make_tensor_data,
    "torch.utils.data.dataset.TensorDataset": make_tensor_data,
    "torch.utils.data.DataLoader": make_loader,
    "torch.utils.data.dataloader.DataLoader": make_loader,
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "torch.compile": _first,
    "torch.jit.script": _first,
    "torch.jit.trace": _first,
    "torch.nn.DataParallel": _first,
    "torch.nn.parallel.DataParallel": _first,
    "torch.nn.parallel.DistributedDataParallel": _first,
    "torch.nn.utils.weight_norm": _first,
    "torch.nn.utils.spectral_norm": _first,
    "torch.nn.utils.parametrizations.weight_norm": _first,
    "torch.nn.utils.parametrizations.spectral_norm": _first,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": _default_dict,
    "collections.deque": _deque,
    "math.prod": _product,
    "numpy.prod": _product,
    "math.ceil": _rounded(math.ceil),
    "math.floor": _rounded(math.floor),
    "itertools.chain": _chain,
    "tqdm.tqdm": _first,
    "tqdm.auto.tqdm": _first,
    "tqdm.notebook.tqdm": _first,
    "tqdm.trange": _range,
}

__all__ = ["call_external", "canonical", "floordiv"]
