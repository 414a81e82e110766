"""The files of a program: running modules, resolving imports inside the given roots, remembering what was replaced."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lstmcheck.infer.libraries import canonical
from lstmcheck.infer.values import NOTHING, External, Frame, Namespace, Unknown, Value
from lstmcheck.source.parse import SourceFile, parse, read

if TYPE_CHECKING:
    from lstmcheck.infer.machine import Machine

MAX_IMPORTED = 120
MAX_IMPORT_DEPTH = 3
MODULE_STEPS = 80_000
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


_FREEZES = (b"requires_grad", b"is_grad_enabled")


class Project:
    """Everything that the machine may look at: given files, and files that they import from below the roots."""

    def __init__(self, files: Sequence[SourceFile], roots: Sequence[str]) -> None:
        self.given = {_key(file.path): file for file in files}
        self.roots = [os.path.realpath(root) for root in roots]
        self.frames: dict[str, Frame] = {}
        self.replaced: set[str] = set()
        # what the environment answered to a library's question, the same all along
        self.answers: dict[tuple[object, ...] | None, Value] = {}
        self.default_dtype_kept = not any(change in file.data for file in files for change in _DEFAULT_DTYPE)
        self.default_device_kept = not any(b"set_default_device" in file.data for file in files)
        self.plain_dtypes = not any(_changes_dtypes(file.data) for file in files)
        # a program that freezes parameters may carry a state that no backward pass reaches
        self.trains_everything = not any(mark in file.data for file in files for mark in _FREEZES)
        self.machine: Machine = None  # type: ignore[assignment]
        self._imported = 0
        # how many files that were not given are being run, one importing the other
        self._depth = 0
        self._names: frozenset[str] | None = None
        self._externals: dict[str, External] = {}
        self._resolved: dict[tuple[str, str, int], str | None] = {}

    def external(self, path: str) -> External:
        """A library's name; the same path gives the same value."""
        path = canonical(path)
        known = self._externals.get(path)
        if known is None:
            known = self._externals[path] = External(path)
        return known

    def replace_external(self, path: str) -> None:
        """The program assigns to a library's name (`nn.LSTM = MyLSTM`): it can no longer be relied on."""
        self.replaced.add(canonical(path))

    def is_replaced(self, path: str) -> bool:
        """Whether the program replaces a library's name, or a method of it."""
        return bool(self.replaced) and any(name == path or name.startswith(f"{path}.") for name in self.replaced)

    # Imports

    def module(self, frame: Frame, dotted: str) -> Value:
        """`import dotted`."""
        path = self._find(frame.file.path, dotted, 0)
        if path is not None:
            return Namespace(dotted, lambda: self.frame_of(path, dotted))
        return self.external(dotted)

    def member(self, m: Machine, module: str, level: int, name: str) -> Value:
        """`from module import name`, with `level` leading dots."""
        path = self._find(m.frame.file.path, module, level)
        if path is not None:
            frame = self.frame_of(path, module)
            if frame is not None:
                value = frame.names.get(name, NOTHING)
                if value is not NOTHING:
                    return value
            inner = self._find(m.frame.file.path, f"{module}.{name}" if module else name, level)
            if inner is not None:
                return Namespace(name, partial(self.frame_of, inner, name))
            return Unknown(name, f"{module} does not define it", free=True)
        submodule = self._find(m.frame.file.path, f"{module}.{name}" if module else name, level)
        if submodule is not None:
            return Namespace(name, partial(self.frame_of, submodule, name))
        if level:
            return Unknown(name, "a relative import that is not found", free=True)
        from lstmcheck.infer.attributes import library_value

        return library_value(m, f"{module}.{name}")

    def import_star(self, m: Machine, module: str, level: int) -> None:
        """`from module import *`."""
        path = self._find(m.frame.file.path, module, level)
        frame = self.frame_of(path, module) if path is not None else None
        if frame is not None:
            for name, value in list(frame.names.items()):
                if not name.startswith(("_", "*")):
                    m.put(m.frame.names, name, value)
        elif module in ("torch", "torch.nn", "torch.nn.utils.rnn"):
            from lstmcheck.infer.libraries import star_names

            for name in star_names(module):
                m.put(m.frame.names, name, self.external(f"{module}.{name}"))

    def submodule(self, namespace: Namespace, name: str) -> Value:
        """`package.name` that is not a name of the package's own `__init__`."""
        frame = namespace.load()
        if frame is not None:
            path = _module_file(os.path.join(os.path.dirname(os.path.realpath(frame.file.path)), name))
            if path is not None:
                return Namespace(f"{namespace.name}.{name}", lambda: self.frame_of(path, name))
        return Unknown(f"{namespace.name}.{name}", "not found in that module")

    def _find(self, importer: str, module: str, level: int) -> str | None:
        folder = os.path.dirname(os.path.realpath(importer))
        key = (folder, module, level)
        if key not in self._resolved:
            self._resolved[key] = self._search(folder, module, level)
        return self._resolved[key]

    def _search(self, folder: str, module: str, level: int) -> str | None:
        parts = module.split(".") if module else []
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return _module_file(os.path.join(folder, *parts))
        if not parts or parts[0] in ("torch", "numpy", "typing"):
            return None
        for base in self._bases(folder):
            found = _module_file(os.path.join(base, *parts))
            if found is not None:
                return found
        return None

    def _bases(self, folder: str) -> Iterable[str]:
        """Where an absolute import may start: beside the file, its package's parent folders, and the roots."""
        yield folder
        limit = min((root for root in self.roots if folder.startswith(root)), key=len, default=folder)
        current = folder
        while True:
            parent = os.path.dirname(current)
            inside = current != limit and current.startswith(limit)
            if parent == current or not (inside or os.path.exists(os.path.join(current, "__init__.py"))):
                break
            yield parent
            current = parent
        for root in self.roots:
            yield root
            yield os.path.join(root, "src")

    @cached_property
    def assigned_names(self) -> frozenset[str]:
        """Every attribute name that the given files assign, or name in a text (`setattr`)."""
        names: set[str] = set()
        for file in self.given.values():
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    names.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
                    names.add(node.value)
        return frozenset(names)

    # What matters

    def concerns_layers(self, node: ast.stmt) -> bool:
        """Whether a definition mentions a recurrent layer, or something of the given files that does."""
        if self._names is None:
            self._names = layer_names([file.tree for file in self.given.values()])
        return not self._names.isdisjoint(mentioned(node))

    # Running modules

    def frame_of(self, path: str, name: str) -> Frame | None:
        """The names of a module of the program; it is run on first use."""
        key = os.path.realpath(path)
        frame = self.frames.get(key)
        if frame is not None:
            return frame
        file = self.given.get(key)
        if file is None and self._depth >= MAX_IMPORT_DEPTH:
            return None
        file = file or self._load(path)
        return None if file is None else self.run(file, name)

    def _load(self, path: str) -> SourceFile | None:
        if self._imported >= MAX_IMPORTED:
            return None
        self._imported += 1
        data = read(path)
        if not isinstance(data, bytes):
            return None
        parsed = parse(os.path.relpath(path), data)
        return parsed if isinstance(parsed, SourceFile) else None

    def run(self, file: SourceFile, name: str) -> Frame:
        """Execute a module's statements once."""
        from lstmcheck.infer.passes import run_module

        key = _key(file.path)
        main = "__main__" if key in self.given else name
        frame = Frame(file, {"__name__": main, "__file__": Unknown("__file__", kind="str")}, module=name)
        frame.rebound = {name: Unknown(name, "rebound by a function", free=True) for name in rebound_globals(file)}
        self.frames[key] = frame
        imported = key not in self.given
        self._depth += imported
        try:
            run_module(self.machine, file, frame, IMPORTED_STEPS if imported else MODULE_STEPS)
        finally:
            self._depth -= imported
        return frame


_LAYERS = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell", "RNNBase"})


def mentioned(node: ast.AST) -> set[str]:
    """Every name, attribute and constant text in a piece of code."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and len(inner.value) < 40:
            found.add(inner.value)
    return found


def layer_names(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names of recurrent layers, and of classes and functions that mention one, or mention such a name, and so on."""
    mentions = {
        (node.name, i): mentioned(node)
        for i, tree in enumerate(trees)
        for node in ast.walk(tree)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.col_offset == 0
    }
    names = set(_LAYERS)
    while True:
        new = {name for (name, _), words in mentions.items() if name not in names and not names.isdisjoint(words)}
        if not new:
            return frozenset(names)
        names |= new


def rebound_globals(file: SourceFile) -> set[str]:
    """Names that functions of a module rebind with `global`."""
    if b"global " not in file.data:
        return set()
    return {name for node in ast.walk(file.tree) if isinstance(node, ast.Global) for name in node.names}


def _key(path: str) -> str:
    return os.path.realpath(path)


def _module_file(base: str) -> str | None:
    for candidate in (f"{base}.py", os.path.join(base, "__init__.py")):
        if os.path.isfile(candidate):
            return candidate
    return None
