"""Configuration files: which one counts for a file, and what it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lstmcheck.config import ConfigError, Settings
from lstmcheck.source import disk

NAMES = ("lstmcheck.toml", "pyproject.toml")  # the first counts where a directory has both

Layer = Callable[[Settings], Settings]


class Scopes:
    """The settings of each file: those of the nearest configuration file, and over them a layer that holds everywhere.

    `base` are the settings above everything that is checked; what concerns a run as a whole is taken from there.
    """

    def __init__(self, paths: Sequence[str], layer: Layer = lambda settings: settings, layer_name: str = "") -> None:
        """Layers with different names may be different. Raises ConfigError."""
        self._layer = layer
        self._layer_name = layer_name
        self._known: dict[str, Settings] = {}
        self.base = self._nearest(_common(paths))

    @property
    def identity(self) -> str:
        """Equal for scopes that are equal for every file, as long as the configuration files stay as they are."""
        return f"{self.base!r} {self._layer_name}"

    def at(self, path: str) -> Settings:
        """The settings of a file or folder. Raises ConfigError."""
        absolute = os.path.abspath(path)
        return self._nearest(absolute if disk.is_folder(absolute) else os.path.dirname(absolute))

    def _nearest(self, directory: str) -> Settings:
        passed = []
        at = directory
        while at not in self._known:
            passed.append(at)
            own = _in_directory(at)
            parent = os.path.dirname(at)
            if own is not None or parent == at:
                self._known[at] = self._layer(own or Settings())
                break
            at = parent
        found = self._known[at]
        for below in passed:
            self._known[below] = found
        return found


def load(paths: Sequence[str]) -> Settings:
    """The settings of the project that the paths belong to. Raises ConfigError."""
    return Scopes(paths).base


def read_file(path: str) -> Settings:
    """The settings of a file that is named: lstmcheck's own, or a pyproject.toml. Raises ConfigError."""
    data = _parsed(path)
    if os.path.basename(path) == "pyproject.toml":
        return _settings(path, _table(path, data) or {})
    return _settings(path, data)


def inline(texts: Iterable[str], settings: Settings) -> Settings:
    """Settings changed by `key = value` in TOML, as on the command line. Raises ConfigError."""
    from lstmcheck.config import keys

    toml = _toml()
    for text in texts:
        try:
            table = toml.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"--config {text!r} is neither a file nor key = value in TOML: {error}") from None
        _demand_right(f"--config {text!r}", table)
        settings = settings._replace(**dict(keys.read(table, os.getcwd())))  # type: ignore[arg-type]
    return settings


def _common(paths: Sequence[str]) -> str:
    """The directory above everything that the paths mean."""
    absolute = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    try:
        common = os.path.commonpath(absolute)
    except ValueError:  # different drives
        return os.getcwd()
    return common if disk.is_folder(common) else os.path.dirname(common)


def _in_directory(directory: str) -> Settings | None:
    for name in NAMES:
        path = os.path.join(directory, name)
        if not _speaks_of_us(path):
            continue
        data = _parsed(path)
        table = data if name != "pyproject.toml" else _table(path, data)
        if table is not None:
            return _settings(path, table)
    return None


def _speaks_of_us(path: str) -> bool:
    """Whether a file is there and can have settings. Most projects have none, and then no TOML is parsed."""
    try:
        return b"lstmcheck" in disk.read(path) or not path.endswith("pyproject.toml")
    except OSError:
        return False


def _parsed(path: str) -> dict[str, Any]:
    toml = _toml()
    try:
        data: dict[str, Any] = toml.loads(disk.read(path).decode())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply to be read") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError among them
        raise ConfigError(f"{path}: {error}") from None
    return data


def _table(path: str, data: dict[str, Any]) -> dict[str, Any] | None:
    tool = data.get("tool", {})
    table = tool.get("lstmcheck") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.lstmcheck] must be a table")
    return table


def _settings(path: str, table: dict[str, Any]) -> Settings:
    from lstmcheck.config import keys

    own = " in [tool.lstmcheck]" if os.path.basename(path) == "pyproject.toml" else ""
    _demand_right(f"{path}{own}", table)
    return Settings(**dict(keys.read(table, os.path.dirname(path))), source=path)  # type: ignore[arg-type]


def _demand_right(where: str, table: dict[str, Any]) -> None:
    """Raises ConfigError for what is not as the table of keys says, and for rules that do not exist."""
    from lstmcheck.config import expand, keys

    wrong = keys.complaint(table)
    if wrong is not None:
        raise ConfigError(f"{where}: {wrong}")
    for selector in keys.selectors(table):
        try:
            expand(selector)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None


def _toml() -> Any:
    """The TOML reader of the standard library, which Python 3.10 has not."""
    from importlib import import_module

    try:
        return import_module("tomllib")
    except ModuleNotFoundError:
        return import_module("tomli")
