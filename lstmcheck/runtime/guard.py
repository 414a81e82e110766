"""The tracer's own errors: logged once each, never the user's concern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lstmcheck.runtime.describe import Indescribable
from lstmcheck.runtime.policies import MEANT, logger

_logged: set[str] = set()


def guarded(function: Callable[..., Any], *args: Any) -> Any:
    """Run a part of the tracer; None where it fails. What a policy raises on purpose gets out."""
    try:
        return function(*args)
    except MEANT:
        raise
    except Indescribable:
        return None
    except Exception as error:
        _log(function, error)
        return None


def _log(function: Callable[..., Any], error: Exception) -> None:
    if isinstance(error, RecursionError):  # the user's own recursion is deep, and logging goes deeper still
        return
    try:
        key = f"{getattr(function, '__qualname__', function)}: {type(error).__name__}: {error}"
    except Exception:  # the error of a user's object, whose text cannot be made
        key = f"{getattr(function, '__qualname__', function)}: {type(error).__name__}"
    if key not in _logged:
        _logged.add(key)
        logger.error("internal error in the tracer, %s", key, exc_info=True)
