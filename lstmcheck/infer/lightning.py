"""Lightning: the hyperparameters that a module keeps, and what its Trainer calls with which batches.

Source of fact: lightning 2 (`HyperparametersMixin.save_hyperparameters`, `Trainer.fit`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lstmcheck.infer import data, dictionaries, graph
from lstmcheck.infer.joins import settle
from lstmcheck.infer.machine import Machine
from lstmcheck.infer.values import NOTHING, Function, Instance, Items, Mapping, Tensor, Unknown, Value

TRAINER = "lightning.Trainer()"
_STEPS = {"fit": "training_step", "validate": "validation_step", "test": "test_step", "predict": "predict_step"}
_LOADERS = {
    "fit": "train_dataloader",
    "validate": "val_dataloader",
    "test": "test_dataloader",
    "predict": "predict_dataloader",
}
_ORDER = ("model", "train_dataloaders", "val_dataloaders", "datamodule")

# Hyperparameters


def save_hyperparameters(m: Machine, module: Instance, args: list[Value], keywords: dict[str, Value]) -> None:
    """`self.save_hyperparameters()`: the constructor's arguments become `self.hparams`."""
    kept = _kept(m, module, [settle(arg, m.facts) for arg in args], keywords)
    before = module.fields.get("hparams", NOTHING)
    if isinstance(before, Mapping) and kept is not None:
        kept = Mapping({**before.entries, **kept.entries}, before.open or kept.open)
    made = m.fresh("self.hparams", free=True) if kept is None else dictionaries.attribute_dict(m, [kept], {})
    m.put(module.fields, "hparams", made)


def _kept(m: Machine, module: Instance, args: list[Value], keywords: dict[str, Value]) -> Mapping | None:
    if len(args) == 1 and isinstance(args[0], Mapping):
        return Mapping(dict(args[0].entries), args[0].open)
    if len(args) == 1 and isinstance(args[0], Instance) and args[0].cls is None:
        return Mapping(dict(args[0].fields))
    given = _arguments(m, module)
    left_out = settle(keywords.get("ignore"), m.facts)
    names = left_out.head if isinstance(left_out, Items) and left_out.whole else (left_out,)
    told = all(name is None or isinstance(name, str) for name in names) and all(isinstance(arg, str) for arg in args)
    if given is None or not told:
        return None
    wanted = [name for name in (args or list(given.entries)) if name not in names]
    return Mapping({name: given.entries[name] for name in wanted if name in given.entries}, given.open)


def _arguments(m: Machine, module: Instance) -> Mapping | None:
    """The arguments of the constructor that runs; those of a class that derives from its class are not known."""
    function = m.frame.function
    if function is None or function.name != "__init__" or m.frame.receiver is not module:
        return None
    arguments, names = function.node.args, m.frame.names
    own = [parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)][1:]
    found = Mapping({name: names.get(name) for name in own}, module.cls is not function.owner)
    rest = names.get(arguments.kwarg.arg) if arguments.kwarg is not None else None
    if isinstance(rest, Mapping):
        found = Mapping({**found.entries, **rest.entries}, found.open or rest.open)
    return found


# The Trainer


def trainer(m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`Trainer(...)`. What callbacks of the program do between batches is not followed."""
    callbacks = settle(keywords.get("callbacks"), m.facts)
    listed = callbacks.head if isinstance(callbacks, Items) and callbacks.whole else (callbacks,)
    plain = all(value is None or (isinstance(value, Unknown) and "library" in value.facts) for value in listed)
    return m.project.external(TRAINER if plain else f"{TRAINER}.with callbacks")


def _run(stage: str, m: Machine, args: list[Value], keywords: dict[str, Value]) -> Value:
    """`trainer.fit(model, ...)` and its kin."""
    from lstmcheck.infer.calls import escape

    order = _ORDER if stage == "fit" else ("model", "dataloaders")
    given = {name: settle(value, m.facts) for name, value in {**dict(zip(order, args)), **keywords}.items()}
    model = given.get("model")
    if isinstance(model, Instance) and model.cls is not None:
        loader, module = given.get(order[1]), given.get("datamodule")
        if isinstance(loader, Instance) and _has(loader, _LOADERS[stage]):
            loader, module = None, loader
        for owner in (module, model):
            _hook(m, owner, "prepare_data")
            _hook(m, owner, "setup", stage)
        _stage(m, stage, model, loader, module)
        if stage == "fit":
            _stage(m, "validate", model, given.get("val_dataloaders"), module)
    escape(m, [*args, *keywords.values()], {})
    return m.fresh("trained", free=True)


_BEFORE = {
    "fit": ("on_fit_start", "on_train_start", "on_train_epoch_start"),
    "validate": ("on_validation_start", "on_validation_epoch_start"),
    "test": ("on_test_start", "on_test_epoch_start"),
    "predict": ("on_predict_start", "on_predict_epoch_start"),
}


def _stage(m: Machine, stage: str, model: Instance, loader: Value, module: Value) -> None:
    for owner in (module, model):
        if loader is None and isinstance(owner, Instance) and _has(owner, _LOADERS[stage]):
            loader = settle(_hook(m, owner, _LOADERS[stage]), m.facts)
    for name in _BEFORE[stage]:
        _hook(m, model, name)
    m.no_grad += stage != "fit"
    try:
        _batches(m, model, _STEPS[stage], loader)
    finally:
        m.no_grad -= stage != "fit"


def _batches(m: Machine, model: Instance, step: str, loader: Value) -> None:
    """Call a step with the batches that differ: the first, the next, the last."""
    name = step if _has(model, step) else "forward" if step == "predict_step" else ""
    if loader is None or not name:
        return
    if isinstance(loader, Items) and step != "training_step":
        loader = settle(loader.head[0], m.facts) if len(loader.head) == 1 and loader.whole else None
    if not isinstance(loader, data.Loader):
        return
    found = data.batches(m, loader)
    rounds = [*found.head, *(value for value in (found.rest, found.last) if value is not NOTHING and value is not None)]
    for number, batch in enumerate(rounds):
        if step == "training_step":
            _hook(m, model, "on_train_batch_start", batch, number)
        result = settle(_hook(m, model, name, batch, number), m.facts)
        if step == "training_step":
            _learn(m, model, result)
            _hook(m, model, "on_train_batch_end", result, batch, number)


def _learn(m: Machine, model: Instance, result: Value) -> None:
    """The backward pass over a step's loss, which Lightning does unless told otherwise."""
    if model.fields.get("automatic_optimization", True) is not True:
        return
    loss = settle(result.entries.get("loss"), m.facts) if isinstance(result, Mapping) else result
    if isinstance(loss, Tensor):
        graph.backward(m, loss, {})


def _has(owner: Instance, name: str) -> bool:
    from lstmcheck.infer.classes import find_member

    return owner.cls is not None and isinstance(find_member(owner.cls, name), Function)


def _hook(m: Machine, owner: Value, name: str, *args: Value) -> Value:
    """Call a method if the class has it, with as many arguments as it takes."""
    from lstmcheck.infer.calls import call_value
    from lstmcheck.infer.classes import find_member

    member = find_member(owner.cls, name) if isinstance(owner, Instance) and owner.cls is not None else NOTHING
    if not isinstance(member, Function):
        return None
    arguments = member.node.args
    takes = len(arguments.posonlyargs) + len(arguments.args) - 1
    m.arg_nodes = {}
    return call_value(m, member, [owner, *(args if arguments.vararg is not None else args[:takes])], {})


CALLS: dict[str, Callable[[Machine, list[Value], dict[str, Value]], Value]] = {
    "lightning.Trainer": trainer,
    **{f"{TRAINER}.{stage}": partial(_run, stage) for stage in _STEPS},
}
