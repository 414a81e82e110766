"""The pictures of the pages are what the script draws today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"


def drawn() -> dict[str, str]:
    """Every picture by its name, as the script draws it."""
    spec = importlib.util.spec_from_file_location("make_pictures", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return {name: drawing.to_svg() for name, drawing in script.drawings()}


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    return drawn()


def test_every_picture_is_up_to_date(pictures: dict[str, str]) -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    assert kept == pictures, "python docs/pictures/make.py draws them anew; look at them"


def test_the_pictures_of_rules_show_their_mistake(pictures: dict[str, str]) -> None:
    of_rules = {name: picture for name, picture in pictures.items() if name.startswith("LSTM")}
    assert of_rules
    for name, picture in of_rules.items():
        assert f"Mistake {name}" in picture
        assert 'lc-bad"' in picture


def test_the_page_shows_the_option_of_the_command() -> None:
    from lstmcheck.commands.draw import command

    page = (FOLDER.parent / "draw.md").read_text(encoding="utf-8")
    for parameter in command.params:
        for option in parameter.opts if parameter.param_type_name == "option" else []:
            assert f"`{option}" in page
