"""The programs of the tutorial run and are clean, and their slips do what the pages say."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import lstmcheck

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    """docs/generate.py, as a module."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = generator()
PAGES: list[Path] = GENERATE.TUTORIAL
SLIPS = [(page, *slip) for page in PAGES for slip in GENERATE.slips(page.read_text(encoding="utf-8"))]
# what only a graphics card gives is not tried
WITHOUT_A_CARD = [slip for slip in SLIPS if not slip[3].endswith("where there is such a card.")]
NAMES = [f"{page.stem}: {heading}" for page, *_, heading in SLIPS]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Programs that are this small are slower on several threads."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(source: str, name: str) -> list[str]:
    """What a program prints, line by line; what it raises is raised."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    return printed.getvalue().splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_program_is_right(page: Path) -> None:
    program = page.with_suffix(".py")
    assert lstmcheck.check(program).findings == []
    with lstmcheck.trace() as report:
        printed = run(program.read_text(encoding="utf-8"), str(program))
    assert report.findings == []
    (shown,) = re.findall(rf"```console\n\$ python {program.name}\n((?:.*\n)*?)```", page.read_text(encoding="utf-8"))
    # training ends a little differently on every processor
    percent = re.compile(r"\d+(?=%)")
    assert [percent.sub("", line) for line in printed] == [percent.sub("", line) for line in shown.splitlines()]
    assert all(int(share) >= 75 for line in printed for share in percent.findall(line))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_stands_in_the_program(page: Path) -> None:
    program = page.with_suffix(".py").read_text(encoding="utf-8")
    shown = re.findall(r"```python\n((?:.*\n)*?)```", page.read_text(encoding="utf-8"))
    assert shown
    for block in shown:
        assert f"\n{block}" in program


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_diff_is_a_slip(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(list(GENERATE.slips(text))) == text.count("```diff")


@pytest.mark.parametrize(("page", "diff", "said", "torch", "heading"), SLIPS, ids=NAMES)
def test_lstmcheck_says_what_the_page_shows(page: Path, diff: str, said: str, torch: str, heading: str) -> None:
    assert said.startswith("LSTM")
    source = GENERATE.slipped(page.with_suffix(".py").read_text(encoding="utf-8"), diff)
    assert GENERATE.said_of(f"{page.stem}.py", source) == said, "run: python docs/generate.py"


@pytest.mark.parametrize(("page", "diff", "said", "torch", "heading"), WITHOUT_A_CARD)
def test_torch_does_what_the_page_says(page: Path, diff: str, said: str, torch: str, heading: str) -> None:
    source = GENERATE.slipped(page.with_suffix(".py").read_text(encoding="utf-8"), diff)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            run(source, str(page))
            happened = [f"torch warns `{one.message}`" for one in warned] or ["torch says nothing."]
        except Exception as error:
            happened = [f"torch raises `{type(error).__name__}: {error}`"]
    assert [torch.rstrip("`")] == [line[: len(torch.rstrip("`"))] for line in happened]
