"""Options that several commands have, and the types of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from lstmcheck.report import Output

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
    """FORMAT or FORMAT:FILE, as a `report.Output`."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from lstmcheck.report import Output

        format, colon, file = value.partition(":")
        if colon and not file:
            self.fail(f"{value!r} names no file after the colon", param, ctx)
        return Output(FORMAT.convert(format, param, ctx), None if file in ("", "-") else file)


def _formats() -> list[str]:
    from lstmcheck.report import formats

    return formats()


FORMAT = OneOf(_formats)


def joined(option: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The values of a repeatable option of lists."""
    return tuple(part for given in option for part in given)


def output_options(command: _F) -> _F:
    """`--output-format` and the repeatable `-o/--output`; `outputs` makes of both what to write where."""
    command = click.option(
        "-o",
        "--output",
        multiple=True,
        type=Target(),
        metavar="FORMAT[:FILE]",
        help="Also write the findings in this format to this file; repeatable. Without FILE: print this format.",
    )(command)
    return click.option("--output-format", type=FORMAT, help="How findings are printed (default: full).")(command)


def outputs(output_format: str | None, output: Sequence[Output], default: str = "full") -> list[Output]:
    """What to write: exactly one format to standard output, and the files. Raises click.UsageError."""
    from lstmcheck.report import Output

    printed = [one.format for one in output if one.file is None]
    if output_format is not None:
        printed.append(output_format)
    if len(printed) > 1:
        raise click.UsageError(f"only one format can be printed, not {' and '.join(printed)}: give the others a FILE")
    return [Output(printed[0] if printed else default, None), *(one for one in output if one.file is not None)]


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
