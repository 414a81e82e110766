"""What a check takes from a file that it does not parse: whether it names a layer, and what it imports.

Of most files a result depends on nothing else, so that a cache need not give up for a change of anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstmcheck.source import disk, mentions

if TYPE_CHECKING:
    from lstmcheck.source.imports import Imports

_WITH_IMPORTS, _WITHOUT = "imports ", "names "


def note(path: str, data: bytes, imports: Imports | None, said: mentions.Names | None = None) -> None:
    """Tell the log that no more than this was taken from what was read.

    `imports` is None where nobody asked for them, and `said` where it is not at hand.
    """
    if disk.is_logged():
        disk.note_use(path, _text(mentions.said(path, data) if said is None else said, imports))


def again(path: str, data: bytes, before: str) -> str:
    """The use of other contents, of as much of them as there was before."""
    said = mentions.said(path, data)
    if not before.startswith(_WITH_IMPORTS):
        return _text(said, None)
    from lstmcheck.source.imports import imports_of

    return _text(said, imports_of(data))


def _text(said: mentions.Names, imports: Imports | None) -> str:
    if imports is None:
        return f"{_WITHOUT}{tuple(said)}"
    members = [(module, sorted(names), star) for module, names, star in imports.members]
    shown = repr((tuple(said), members, imports.modules, sorted(imports.said)))
    return _WITH_IMPORTS + disk.digest(shown.encode("utf-8", "surrogatepass"))
