"""Which modules have to be run when they are imported, because their run changes what others hold.

Any other module can wait until one of its names is asked for, and most are never asked.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator

from lstmcheck.infer.relevance import LAYERS
from lstmcheck.source import imports, parse
from lstmcheck.source.outline import Scope
from lstmcheck.source.resolve import Resolver
from lstmcheck.source.syntax import decorators

# what changes all of torch, as a statement
_OF_TORCH = re.compile(rb"^[ \t]*(?:\w+\.)*set_default_(?:dtype|tensor_type|device)\(", re.MULTILINE)
# a decorator, a call, a write to a part of something, a loop, a condition, a hook of classes, at the margin
_HOOK = b"__init_subclass__"
_OUTWARD = re.compile(
    rb"^(?:@(?!dataclass|functools\.|torch\.|staticmethod|contextmanager)\w"
    rb"|[A-Za-z_][\w.]*\("
    rb"|[A-Za-z_]\w*(?:\.\w+|\[[^\]\n]*\])+[ \t]*[-+|]?=(?!=)"
    rb"|for[ \t]|with[ \t]|while[ \t]|if[ \t](?!__name__|TYPE_CHECKING|typing\.|sys\.))",
    re.MULTILINE,
)


class Effects:
    """What the runs of modules change, followed through packages so deep.

    `consider` is told of the text of what may change all of torch: that needs no run.
    """

    def __init__(self, resolver: Resolver, depth: int, consider: Callable[[bytes], None]) -> None:
        self._consider = consider
        self._reach = imports.Reach(resolver, depth)
        self._depth = depth
        self._known: dict[str, bool] = {}
        self._registering: dict[str, bool] = {}

    def __call__(self, path: str) -> bool:
        """Whether running a module, or what it imports, may change what other modules hold of layers."""
        known = self._known.get(path)
        if known is None:
            files = list(self._files(path))
            for file in files:
                data = self._reach.data(file)
                if b"set_default_" in data and _OF_TORCH.search(data):
                    self._consider(data)
            known = self._known[path] = any(self._changes_others(file) for file in files)
        return known

    def _files(self, path: str) -> Iterator[str]:
        """A module, and what packages import for whoever imports them."""
        seen: set[str] = set()
        waiting = {path}
        for _ in range(self._depth):
            yield from sorted(waiting)
            seen |= waiting
            packages = [file for file in waiting if os.path.basename(file) == "__init__.py"]
            waiting = {target for package in packages for target in self._reach.targets(package)} - seen

    def _changes_others(self, path: str) -> bool:
        known = self._registering.get(path)
        if known is None:
            known = self._registering[path] = self._registers(path)
        return known

    def _registers(self, path: str) -> bool:
        data = self._reach.data(path)
        targets = self._reach.targets(path)
        is_hooked = _HOOK in data or any(_HOOK in self._reach.data(target) for target in targets)
        if not is_hooked and _OUTWARD.search(data) is None:
            return False
        wanted = LAYERS.union(*(names for target, names in targets.items() if self._reach.gives(target)))
        if wanted == LAYERS and not self._reach.gives(path):
            return False
        file = parse.parse(path, data)
        return isinstance(file, parse.SourceFile) and any(
            _may_hand_out(scope, is_hooked) and not wanted.isdisjoint(scope.mentioned)
            for scope in file.outline.statements
        )


def _may_hand_out(scope: Scope, is_hooked: bool) -> bool:
    """Whether a statement of a module may give what it mentions to another module."""
    node = scope.node
    if scope.name:
        return bool(decorators(node)) or (is_hooked and isinstance(node, ast.ClassDef))
    return isinstance(node, (ast.Expr, ast.For, ast.With, ast.While, ast.If, ast.Try)) or bool(
        scope.stored or scope.changed
    )
