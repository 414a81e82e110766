"""Find mistakes around torch's recurrent layers (LSTM, GRU, RNN and their cells) before and while they run.

Everything public is loaded on first use: importing this package imports nothing else.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "check", "check_source", "picture", "probe", "shapes", "trace"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lstmcheck.checker import check, check_source
    from lstmcheck.survey.command import shapes
    from lstmcheck.survey.picture import picture
    from lstmcheck.tracing import probe, trace

_HOMES = {
    "check": "lstmcheck.checker",
    "check_source": "lstmcheck.checker",
    "picture": "lstmcheck.survey.picture",
    "probe": "lstmcheck.tracing",
    "shapes": "lstmcheck.survey.command",
    "trace": "lstmcheck.tracing",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))


def load_ipython_extension(shell: object) -> None:
    """`%load_ext lstmcheck` in a notebook: trace every cell."""
    from lstmcheck.integrations.notebook import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext lstmcheck`: leave torch as it was."""
    from lstmcheck.integrations.notebook import unload

    unload(shell)
