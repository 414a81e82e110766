"""Arguments that are read without click: what is taken from them is what click takes."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmcheck import commands
from lstmcheck.commands import _plain
from lstmcheck.commands._check import check
from lstmcheck.commands._settings import Given

COMMAND = commands.load("check")
DEFAULTS: dict[str, Any] = {
    **{
        name: one.default
        for name, one in inspect.signature(check).parameters.items()
        if name not in ("paths", "options")
    },
    **Given._field_defaults,
}
NAMES = [name for parameter in COMMAND.params if isinstance(parameter, click.Option) for name in parameter.opts]
WORDS = st.sampled_from(
    ["a.py", "-", "", "folder", "--", "-qv", "--no-such", "--fix=1", "LSTM2", "error", "full", *NAMES]
)


def by_click(args: list[str]) -> dict[str, Any]:
    return COMMAND.make_context("check", list(args)).params


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _plain._VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_every_default_is_the_same() -> None:
    assert by_click([]) == {"paths": (), **DEFAULTS}


@pytest.mark.parametrize("name", [*_plain._FLAGS, *_plain._TEXTS, *_plain._QUIET])
def test_every_option_is_one_of_clicks(name: str) -> None:
    args = [name, "x"]
    assert {**DEFAULTS, **(_plain.arguments(args) or {})} == by_click(args)


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_is_what_click_reads(args: list[str]) -> None:
    read = _plain.arguments(args)
    if read is not None:
        assert {**DEFAULTS, **read} == by_click(args)


@pytest.mark.parametrize(
    "args", [["--fail-on", "error"], ["--cache-dir"], ["--cache-dir", "--fix"], ["--", "-x"], ["-h"], ["--cache-dir=x"]]
)
def test_the_rest_is_left_to_click(args: list[str]) -> None:
    assert _plain.arguments(args) is None


@pytest.mark.parametrize("name", _plain._VARIABLES)
def test_what_the_environment_says_is_left_to_click(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert _plain.arguments(["."]) is None


def test_every_variable_of_clicks_is_known() -> None:
    of_options = {one.envvar for one in COMMAND.params if one.envvar is not None}
    assert of_options | {"_LSTMCHECK_COMPLETE"} == set(_plain._VARIABLES)


def test_a_plain_check_does_not_import_click(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("from torch import nn\nrnn = nn.GRU(10, 20)\n")
    code = (
        "import sys\nfrom lstmcheck.cli import main\nassert main(sys.argv[1:]) == 0\nassert 'click' not in sys.modules"
    )
    for args in (["--no-cache", "good.py"], ["."], ["check", "--force-exclude", "good.py"]):
        environment = {name: value for name, value in os.environ.items() if name not in _plain._VARIABLES}
        done = subprocess.run(
            [sys.executable, "-c", code, *args],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
