"""Options that several commands have, and the types of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only in later versions of click

_F = TypeVar("_F", bound=Callable[..., Any])


class OneOf(_ParamType):
    """A choice that names the nearest one. The choices are asked for only when the option is used."""

    name = "choice"

    def __init__(self, choices: Callable[[], Sequence[str]]) -> None:
        self.choices = choices

    def get_metavar(self, *args: Any, **kwargs: Any) -> str:
        return "|".join(self.choices())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        choices = self.choices()
        if value not in choices:
            from lstmcheck.config import did_you_mean

            near = did_you_mean(str(value), choices)
            self.fail(f"{value!r} is not one of {', '.join(choices)}{near}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from lstmcheck.commands import _complete

        return _complete.among(self.choices(), incomplete)


class Listed(_ParamType):
    """Texts separated by commas."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from lstmcheck.commands import _complete

        if param.metavar == "RULES":
            return _complete.rules(incomplete)
        return _complete.files(ctx, param, incomplete)


class Target(_ParamType):
    """FORMAT or FORMAT:FILE, as a `report.Output`. `pages` are further formats, that only go to a file."""

    name = "output"

    def __init__(self, pages: tuple[str, ...] = ()) -> None:
        self.pages = pages

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from lstmcheck.report import Output

        format, colon, file = value.partition(":")
        if colon and not file:
            self.fail(f"{value!r} names no file after the colon", param, ctx)
        OneOf(lambda: [*_formats(), *self.pages]).convert(format, param, ctx)
        if file in ("", "-"):
            if format in self.pages:
                self.fail(f"{format} needs a file: {format}:FILE", param, ctx)
            return Output(format, None)
        return Output(format, file)


def _formats() -> list[str]:
    from lstmcheck.report import formats

    return formats()


FORMAT = OneOf(_formats)


def output_options(command: _F) -> _F:
    """`--output-format` and the repeatable `-o/--output`; `_reports.outputs` makes of both what to write where."""
    command = click.option(
        "-o",
        "--output",
        multiple=True,
        type=Target(),
        metavar="FORMAT[:FILE]",
        help="Also write the findings in this format to this file; repeatable. Without FILE: print this format.",
    )(command)
    return click.option("--output-format", type=FORMAT, help="How findings are printed (default: full).")(command)


def files_from_option(command: _F) -> _F:
    """`--files-from`; `_paths.listed` reads it."""
    return click.option(
        "--files-from",
        metavar="FILE",
        help="Also check the paths that this file lists, one a line or NUL-separated; - is standard input.",
    )(command)


def color_option(command: _F) -> _F:
    """`--color`; `_console.wants_colour` reads it."""
    return click.option(
        "--color",
        default="auto",
        type=OneOf(lambda: ("auto", "always", "never")),
        help="Colour the output (default: on a terminal; NO_COLOR and FORCE_COLOR are obeyed).",
    )(command)


def cache_dir_option(command: _F) -> _F:
    """`--cache-dir`; `_cache.folder_of` makes the folder of it and of the settings."""
    return click.option(
        "--cache-dir",
        metavar="DIR",
        envvar="LSTMCHECK_CACHE_DIR",
        help="The folder of what earlier runs found (default: .lstmcheck_cache at the root of the project).",
    )(command)


def _listed(name: str, metavar: str, help: str) -> Callable[[_F], _F]:
    return click.option(name, multiple=True, type=Listed(), metavar=metavar, help=help)


_OPTIONS = (
    _listed("--select", "RULES", "Report only these codes, prefixes, names."),
    _listed("--extend-select", "RULES", "Report these too."),
    _listed("--ignore", "RULES", "Do not report these."),
    click.option(
        "--per-file-ignores", multiple=True, metavar="PATTERN:RULES", help="Do not report these in files that match."
    ),
    click.option("--severity", multiple=True, metavar="RULE=SEVERITY", help="The severity of a rule; repeatable."),
    _listed("--exclude", "PATTERNS", "Leave out files; syntax of .gitignore."),
    _listed("--extend-exclude", "PATTERNS", "Leave out these too."),
    click.option("--force-exclude", is_flag=True, help="Leave out excluded files even when they are named."),
    click.option(
        "--config",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="Settings from this file instead of the project's, or one setting in TOML; repeatable.",
    ),
    click.option("--isolated", is_flag=True, help="Read no configuration file."),
)


def settings_options(command: _F) -> _F:
    """All options of `_settings.Given`; the command takes them as `**options` and makes `Given(**options)`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
