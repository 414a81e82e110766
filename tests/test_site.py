"""The pages hang together: every link and anchor leads somewhere, and every page is in the navigation of the site."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# what stands for the pages of a folder in docs/SUMMARY.md
FOLDERS = ("rules", "errors")
# reached from tutorial/index.md
TUTORIAL = [f"tutorial/{page.name}" for page in (DOCS / "tutorial").glob("*.md") if page.name != "index.md"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page get, on GitHub and on the site alike."""
    found: list[str] = []
    for heading in re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
        found.append(name if name not in found else f"{name}_{found.count(name)}")
    return set(found)


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead, but for other sites."""
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    for target in re.findall(r"\]\(<?([^)>\s]+)>?[^)]*\)|src=\"([^\"]+)\"", text):
        where = next(filter(None, target))
        if not re.match(r"[a-z]+:", where):
            yield where


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_pages_of_the_site_link_to_nothing_outside_it() -> None:
    found = [(page, link) for page in DOCS.rglob("*.md") for link in links(page)]
    assert found
    for page, link in found:
        assert (page.parent / link.partition("#")[0]).resolve().is_relative_to(DOCS), f"{page.name}: {link}"


def navigation() -> list[str]:
    """The pages that docs/SUMMARY.md names, `folder/*.md` for those of a folder."""
    summary = (DOCS / "SUMMARY.md").read_text(encoding="utf-8")
    return re.findall(r"\]\(([^)]+)\)|^ *\* (\S+\*\.md)$", summary, re.MULTILINE)


def test_every_page_is_in_the_navigation_once() -> None:
    named = [page or folder for page, folder in navigation()]
    assert len(named) == len(set(named))
    missing = {
        page.relative_to(DOCS).as_posix()
        for page in DOCS.rglob("*.md")
        if page.name != "SUMMARY.md" and f"{page.parent.name}/*.md" not in named
    }
    assert missing - set(named) == set(), "name it in docs/SUMMARY.md"
    assert {f"{folder}/*.md" for folder in FOLDERS} <= set(named)


def test_the_first_page_leads_to_every_page() -> None:
    found = set(links(DOCS / "index.md"))
    pages = {page for page, _ in navigation() if page and page not in ("index.md", *TUTORIAL)}
    assert pages - found == set(), "name it in docs/index.md"


def test_every_page_of_the_navigation_exists() -> None:
    for page, _ in navigation():
        assert not page or (DOCS / page).exists(), page


def test_the_site_takes_this_navigation() -> None:
    with (ROOT / ".zensical.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert project["docs_dir"] == "docs"
    assert project["plugins"]["literate-nav"]["nav_file"] == "SUMMARY.md"
    assert "nav" not in project


def test_every_picture_is_shown_and_described() -> None:
    shown = set()
    for page in PAGES:
        for text, target in re.findall(r"!\[(.*?)\]\(([^)]+)\)", prose(page)):
            assert text.strip(), f"{page.name}: {target}"
            shown.add((page.parent / target).resolve())
    assert set((DOCS / "pictures").glob("*.svg")) - shown == set()
