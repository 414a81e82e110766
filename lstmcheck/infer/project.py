"""The files of a program: running modules, resolving imports inside the given roots, remembering what was replaced."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lstmcheck.infer import changed
from lstmcheck.infer.effects import Effects
from lstmcheck.infer.libraries import canonical
from lstmcheck.infer.relevance import Relevance, relevance
from lstmcheck.infer.values import NOTHING, External, Frame, Items, Later, Namespace, Unknown, Value
from lstmcheck.source.discover import shown
from lstmcheck.source.parse import SourceFile, parse
from lstmcheck.source.reading import read
from lstmcheck.source.resolve import Resolver

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

# modules that one given file may have read which were not given
MAX_IMPORTED = 60
MAX_IMPORT_DEPTH = 3
# a module has steps for what every program does, and more the longer it is, so that a run is linear in code
MODULE_STEPS = 8_000
STEPS_A_LINE = 16
MAX_MODULE_STEPS = 80_000
IMPORTED_STEPS = 10_000

_DTYPE_CHANGES = (
    b"set_default_dtype",
    b"set_default_tensor_type",
    b".double()",
    b".half()",
    b".bfloat16()",
    b"float64",
    b"float16",
    b"bfloat16",
    b"autocast",
    b"DoubleTensor",
    b"HalfTensor",
)


# what a program says of numpy's dtypes leaves torch's weights alone
_OF_NUMPY = re.compile(
    rb"\b(?:np|numpy)\.(?:float64|float16)|\bastype\(\s*[\"']float(?:64|16)|(?<![a-z_])dtype\s*=\s*[\"']float(?:64|16)"
)


def _changes_dtypes(data: bytes) -> bool:
    if not any(change in data for change in _DTYPE_CHANGES):
        return False
    rest = _OF_NUMPY.sub(b"", data)
    return any(change in rest for change in _DTYPE_CHANGES)


_DEFAULT_DTYPE = (b"set_default_dtype", b"set_default_tensor_type", b"autocast", b"GradScaler")


# Parameters that count as trained are often counted or filtered (`if p.requires_grad`); that freezes none.
_FREEZES = re.compile(rb"""requires_grad(?:_|['"]|\s*=(?!=)(?!\s*True\b))|is_grad_enabled""")


class Project:
    """Everything that the machine may look at: given files, and files that they import from below the roots."""

    def __init__(self, files: Sequence[SourceFile], roots: Sequence[str]) -> None:
        self._resolver = Resolver(roots)
        self._effects = Effects(self._resolver, MAX_IMPORT_DEPTH, self._consider)
        self._key = self._resolver.real_path
        self.given = {self._key(file.path): file for file in files}
        self.frames: dict[str, Frame] = {}
        self.replaced: set[str] = set()
        # what the environment answered to a library's question, the same all along
        self.answers: dict[tuple[object, ...] | None, Value] = {}
        self.default_dtype_kept = self.default_device_kept = self.plain_dtypes = self.trains_everything = True
        for file in files:
            self._consider(file.data)
        # the program writes to weights directly: from there on their dtype is not known
        self.writes_weights = False
        self.machine: Machine = None  # type: ignore[assignment]
        self._imported = 0
        # how many files that were not given are being run, one importing the other
        self._depth = 0
        # modules that are being run, and names that others of the same cycle wanted of them too early
        self._running: set[str] = set()
        # attributes that functions set on objects; None as long as modules are run and no function by itself
        self._put: frozenset[str] | None = None
        self._late: list[tuple[dict[str, Value] | Later, str, str, Unknown]] = []
        self._externals: dict[str, External] = {}

    def _consider(self, data: bytes) -> None:
        """Note what a file may change for the whole program."""
        self.default_dtype_kept = self.default_dtype_kept and not any(change in data for change in _DEFAULT_DTYPE)
        self.default_device_kept = self.default_device_kept and b"set_default_device" not in data
        self.plain_dtypes = self.plain_dtypes and not _changes_dtypes(data)
        # a program that freezes parameters may carry a state that no backward pass reaches
        self.trains_everything = self.trains_everything and _FREEZES.search(data) is None

    def external(self, path: str) -> External:
        """A library's name; the same path gives the same value."""
        known = self._externals.get(path)
        if known is None:
            name = canonical(path)
            known = self._externals.setdefault(name, External(name))
            self._externals[path] = known
        return known

    def replace_external(self, path: str) -> None:
        """The program assigns to a library's name (`nn.LSTM = MyLSTM`): it can no longer be relied on."""
        self.replaced.add(canonical(path))

    def is_replaced(self, path: str) -> bool:
        """Whether the program replaces a library's name, or a method of it."""
        return bool(self.replaced) and any(name == path or name.startswith(f"{path}.") for name in self.replaced)

    # Imports

    def module(self, m: Machine, dotted: str, level: int = 0) -> Value:
        """`import dotted`; the module is run, as others may see what it does to theirs."""
        path = self._find(m.frame, dotted, level)
        if path is None:
            return self.external(dotted) if not level else Unknown(dotted, "a relative import that is not found")
        return self._namespace(path, dotted)

    def member(self, m: Machine, module: str, level: int, name: str) -> Value:
        """`from module import name`, with `level` leading dots."""
        path = self._find(m.frame, module, level)
        if path is not None and self._waits(path):
            return Later(partial(self._member, m, m.frame, self._depth, module, level, name))
        return self._member(m, m.frame, self._depth, module, level, name, None)

    def _member(
        self, m: Machine, frame: Frame, depth: int, module: str, level: int, name: str, later: Later | None
    ) -> Value:
        """What a frame of a module that was imported so deep gets for a name."""
        before, self._depth = self._depth, depth
        try:
            return self._found(m, frame, module, level, name, later)
        finally:
            self._depth = before

    def _found(self, m: Machine, frame: Frame, module: str, level: int, name: str, later: Later | None) -> Value:
        path = self._find(frame, module, level)
        if path is not None:
            value = self._name_of(path, module, name)
            if value is not NOTHING:
                return value
        submodule = self._find(frame, f"{module}.{name}" if module else name, level)
        if submodule is not None:
            return self._namespace(submodule, name)
        if path is not None:
            missing = Unknown(name, f"{module} does not define it", free=True)
            if self._key(path) in self._running:
                self._late.append((frame.names if later is None else later, self._key(path), name, missing))
            return missing
        if level:
            return Unknown(name, "a relative import that is not found", free=True)
        from lstmcheck.infer.attributes import library_value

        return library_value(m, f"{module}.{name}")

    def import_star(self, m: Machine, module: str, level: int) -> None:
        """`from module import *`."""
        path = self._find(m.frame, module, level)
        frame = self.frame_of(path, module) if path is not None else None
        if frame is not None:
            listed = frame.names.get("__all__")
            if isinstance(listed, Items) and listed.whole:
                for name in listed.head:
                    if isinstance(name, str):
                        m.put(m.frame.names, name, self.member(m, module, level, name))
                return
            for name, value in list(frame.names.items()):
                if not name.startswith(("_", "*")):
                    m.put(m.frame.names, name, value)
        elif module in ("torch", "torch.nn", "torch.nn.utils.rnn"):
            from lstmcheck.infer.libraries import star_names

            for name in star_names(module):
                m.put(m.frame.names, name, self.external(f"{module}.{name}"))

    def submodule(self, namespace: Namespace, name: str) -> Value:
        """`package.name` that is not a name of the package's own `__init__`."""
        path = self._resolver.find(os.path.join(namespace.folder, "__init__.py"), b"", name, 1)
        if path is None:
            return Unknown(f"{namespace.name}.{name}", "not found in that module")
        return self._namespace(path, f"{namespace.name}.{name}")

    def _waits(self, path: str) -> bool:
        """Whether a module can be run when something of it is asked for, and not where it is imported."""
        return path.endswith(".py") and self._key(path) not in self.frames and not self._effects(path)

    def _namespace(self, path: str, name: str) -> Namespace:
        if not self._waits(path):
            self.frame_of(path, name)
        folder = os.path.dirname(path) if path.endswith(".py") else path
        return Namespace(name, partial(self._frame_at, path, name, self._depth), folder)

    def _frame_at(self, path: str, name: str, depth: int) -> Frame | None:
        before, self._depth = self._depth, depth
        try:
            return self.frame_of(path, name)
        finally:
            self._depth = before

    def _name_of(self, path: str, module: str, name: str) -> Value:
        frame = self.frame_of(path, module)
        return NOTHING if frame is None else frame.names.get(name, NOTHING)

    def _find(self, frame: Frame, module: str, level: int) -> str | None:
        return self._resolver.find(frame.file.path, frame.file.data, module, level)

    @cached_property
    def assigned_names(self) -> frozenset[str]:
        """Every attribute name that the given files assign, or name in a text (`setattr`)."""
        names: set[str] = set()
        for file in self.given.values():
            for scope in file.outline.scopes():
                names |= scope.stored | scope.texts
        return frozenset(names)

    def give_up_changed(self) -> None:
        """From here on functions are looked at by themselves: what they may change of modules is not known."""
        self._put = frozenset().union(*map(self.put_by_functions, [frame.file for frame in self.frames.values()]))
        for frame in list(self.frames.values()):
            changed.open_module(self.machine, frame)

    def put_by_functions(self, file: SourceFile) -> frozenset[str]:
        """Attributes that functions of a file, or of those that were run before, give to objects of others."""
        own = changed.put_in_functions(file.outline.statements)
        return frozenset(own) if self._put is None else self._put | own

    # What matters

    @cached_property
    def relevance(self) -> Relevance:
        """What of the given files can have to do with a recurrent layer."""
        return relevance(list(self.given.values()), self._resolver.roots)

    # Running modules

    def frame_of(self, path: str, name: str) -> Frame | None:
        """The names of a module of the program; it is run on first use."""
        key = self._key(path)
        frame = self.frames.get(key)
        if frame is not None:
            return frame
        file = self.given.get(key)
        if file is None and (not path.endswith(".py") or self._depth >= MAX_IMPORT_DEPTH):
            return None
        file = file or self._load(path)
        return None if file is None else self.run(file, name)

    def begin_file(self) -> None:
        """Another given file is looked at: what it may import does not depend on the others."""
        self._imported = 0

    def _load(self, path: str) -> SourceFile | None:
        if self._imported >= MAX_IMPORTED:
            return None
        self._imported += 1
        data = read(path)
        if not isinstance(data, bytes):
            return None
        parsed = parse(shown(path), data)
        if not isinstance(parsed, SourceFile):
            return None
        self._consider(data)
        return parsed

    def run(self, file: SourceFile, name: str) -> Frame:
        """Execute a module's statements once."""
        from lstmcheck.infer.passes import run_module

        key = self._key(file.path)
        main = "__main__" if key in self.given else name
        frame = Frame(file, {"__name__": main, "__file__": Unknown("__file__", kind="str")}, module=name)
        frame.rebound = {name: Unknown(name, "rebound by a function", free=True) for name in rebound_globals(file)}
        self.frames[key] = frame
        imported = key not in self.given
        self._depth += imported
        self._running.add(key)
        try:
            run_module(self.machine, file, frame, IMPORTED_STEPS if imported else _module_steps(file))
        finally:
            self._depth -= imported
            self._running.discard(key)
        self._bind_late(key, frame)
        if self._put is not None:
            changed.open_module(self.machine, frame)
        return frame

    def _bind_late(self, key: str, frame: Frame) -> None:
        """Give the modules of a cycle the names that this one did not have yet: the program begins elsewhere."""
        for names, source, name, missing in self._late:
            value = frame.names.get(name, NOTHING)
            if source != key or value is NOTHING:
                continue
            if isinstance(names, Later):
                names.value = value
            else:
                names.update({bound: value for bound, known in names.items() if known is missing})
        self._late = [late for late in self._late if late[1] != key]


def _module_steps(file: SourceFile) -> int:
    return min(MODULE_STEPS + STEPS_A_LINE * file.data.count(b"\n"), MAX_MODULE_STEPS)


def rebound_globals(file: SourceFile) -> set[str]:
    """Names that functions of a module rebind with `global`."""
    if b"global " not in file.data:
        return set()
    return {name for scope in file.outline.scopes() for name in scope.globals}
