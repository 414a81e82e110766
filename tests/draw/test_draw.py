"""The picture in every format: what stands in it, harmless, accessible, the same every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from draw.drawn_samples import PICTURES, plain

from lstmcheck.draw import Picture, grid, html, layer, layers_svg, mermaid, svg, text
from lstmcheck.draw.model import Mistake, Place
from lstmcheck.draw.words import cells

TESTS = Path(__file__).parent.parent
SNAPSHOTS = TESTS / "draw" / "snapshots"
SVG = "{http://www.w3.org/2000/svg}"
RENDERERS = {
    "svg": svg.render,
    "txt": text.render,
    "ascii.txt": lambda picture: text.render(picture, ascii=True),
    "mmd": mermaid.render,
    "html": lambda picture: html.render([picture], {"tagger.py": ["x = 1"] * 30}),
}
EVERY = pytest.mark.parametrize("name", PICTURES)


@pytest.mark.parametrize("suffix", RENDERERS)
@EVERY
def test_the_bytes_are_those_of_the_snapshot(name: str, suffix: str) -> None:
    drawn = RENDERERS[suffix](PICTURES[name])
    path = SNAPSHOTS / f"{name}.{suffix}"
    if os.environ.get("LSTMCHECK_WRITE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8", newline="\n")
    assert drawn == path.read_text(encoding="utf-8"), "LSTMCHECK_WRITE_SNAPSHOTS=1 writes the snapshots; look at them"


def test_the_bytes_do_not_depend_on_hashes() -> None:
    code = (
        "from draw.drawn_samples import PICTURES; from lstmcheck.draw import svg\n"
        "print(*map(ascii, map(svg.render, PICTURES.values())))"
    )
    path = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@EVERY
def test_svg_is_well_formed_and_says_what_it_is(name: str) -> None:
    root = ET.fromstring(svg.render(PICTURES[name]))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert described is not None
    assert described.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"


@EVERY
def test_svg_brings_nothing_in_and_runs_nothing(name: str) -> None:
    root = ET.fromstring(svg.render(PICTURES[name]))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "g", "rect", "path", "text"
    }  # fmt: skip
    for element in root.iter():
        for key, value in element.attrib.items():
            assert not key.startswith("on")
            assert "href" not in key
            assert "url(" not in value or re.fullmatch(r"url\(#lc[0-9a-f]{8}-h\)", value)
    style = root.findtext(f"{SVG}style") or ""
    assert "url" not in style
    assert "@import" not in style
    assert "prefers-color-scheme:dark" in style


@EVERY
def test_vermilion_is_for_mistakes_alone(name: str) -> None:
    picture = PICTURES[name]
    root = ET.fromstring(svg.render(picture))
    vermilion = [
        element for element in root.iter() if {"lc-bad", "lc-cross", "lc-wrong"} & set(element.get("class", "").split())
    ]
    assert bool(vermilion) == any(one.mistakes for one in picture.layers)
    style = root.findtext(f"{SVG}style") or ""
    for rule in re.findall(r"([^{}]+)\{[^{}]*(?:d55e00|b34700|f0732a|ff9a4d)", style):
        assert set(rule.strip().split(",")) <= {".lc-bad", ".lc-cross", ".lc-wrong"}


@EVERY
def test_everything_lies_on_the_sheet(name: str) -> None:
    root = ET.fromstring(svg.render(PICTURES[name]))
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    texts = list(root.iter(f"{SVG}text"))
    assert texts
    for element in texts:
        size = 6.93 if "lc-small" in element.get("class", "") else 7.83
        shown = element.text or ""
        if "lc-prose" not in element.get("class", ""):
            half = element.get("text-anchor") == "middle"
            reach = float(element.get("x") or 0) + cells(shown) * size / (2 if half else 1)
            assert reach <= width, shown
        assert 0 < float(element.get("y") or 0) < height
    for element in root.iter(f"{SVG}rect"):
        assert float(element.get("x") or 0) + float(element.get("width") or 0) <= width + 1


@EVERY
def test_texts_do_not_lie_on_each_other(name: str) -> None:
    root = ET.fromstring(svg.render(PICTURES[name]))
    spans: dict[float, list[tuple[float, float, str]]] = {}
    for element in root.iter(f"{SVG}text"):
        classes = element.get("class", "")
        if "lc-prose" in classes:
            continue
        wide = cells(element.text or "") * (6.93 if "lc-small" in classes else 7.83)
        x = float(element.get("x") or 0) - (wide / 2 if element.get("text-anchor") else 0)
        spans.setdefault(float(element.get("y") or 0), []).append((x, x + wide, element.text or ""))
    assert spans
    for line in spans.values():
        line.sort()
        for (_, end, first), (start, _, second) in pairwise(line):
            assert start >= end - 1, (first, second)


@pytest.mark.parametrize("suffix", RENDERERS)
def test_nothing_of_a_program_is_markup_or_obeyed(suffix: str) -> None:
    drawn = RENDERERS[suffix](PICTURES["hostile"])
    for harmful in ("\x1b", "\x00", "\x07", "\u202e", "\ud800"):
        assert harmful not in drawn
    if suffix in ("svg", "html"):
        assert "<script" not in drawn
        assert "</title><" not in drawn.replace("</title>\n", "")
    if suffix == "mmd":
        for quoted in re.findall(r'"([^"\n]*)"', drawn):
            assert not re.search(r"[`<>]", quoted.replace("<br/>", ""))
        assert all(line.count('"') % 2 == 0 for line in drawn.splitlines())
        assert not re.search(r"(?m)^\s*(end;|%%|alert)", drawn)


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("name", [name for name in PICTURES if name != "hostile"])
def test_the_terminal_picture_keeps_to_its_width(name: str, ascii: bool) -> None:
    drawn = text.render(PICTURES[name], ascii=ascii)
    assert max(map(cells, drawn.splitlines())) <= 80
    assert drawn.isascii() or not ascii


@EVERY
def test_colour_adds_nothing_but_colour(name: str) -> None:
    coloured = text.render(PICTURES[name], colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text.render(PICTURES[name])


def test_wide_characters_keep_the_columns() -> None:
    drawn = text.render(Picture((layer("GRU", input_size=3, hidden_size=4, shapes={"input": ("批", "n", 3)}),)))
    edges = {cells(line[: line.index("│")]) for line in drawn.splitlines() if line.count("│") == 4}
    assert len(edges) == 1


@pytest.mark.parametrize(
    ("layers", "directions", "wanted"),
    [
        (1, 1, [["h_n[0]"]]),
        (2, 2, [["h_n[2]", "h_n[3]"], ["h_n[0]", "h_n[1]"]]),
        (3, 1, [["h_n[2]"], ["h_n[1]"], ["h_n[0]"]]),
        (2, "both", [["h_n[D]", "h_n[D+1]"], ["h_n[0]", "h_n[1]"]]),
        ("n", 2, [["h_n[-2]", "h_n[-1]"], [], ["h_n[0]", "h_n[1]"]]),
        ("n", "both", [["h_n[-D]", "h_n[1-D]"], [], ["h_n[0]", "h_n[1]"]]),
        (7, 1, [["h_n[6]"], ["h_n[5]"], [], ["h_n[1]"], ["h_n[0]"]]),
    ],
)
def test_every_cell_says_its_row(layers: int | str, directions: int | str, wanted: list[list[str]]) -> None:
    flag = {1: False, 2: True}.get(directions, directions)  # type: ignore[call-overload]
    drawn = layer("GRU", input_size=3, hidden_size=4, num_layers=layers, bidirectional=flag)
    assert [[cell.index for cell in row.cells] for row in grid.rows(drawn)] == wanted


def test_the_rows_from_the_end_are_those_of_the_top_layer() -> None:
    top, bottom = grid.rows(plain)
    assert [cell.alias for cell in top.cells] == ["h_n[-2]", "h_n[-1]"]
    assert [cell.alias for cell in bottom.cells] == ["", ""]


def test_states_that_look_the_same_share_a_box_and_those_with_a_mistake_do_not() -> None:
    assert [names for names, _ in grid.grouped(plain, plain.states)] == ["h_0, c_0"]
    wrong = PICTURES["mistake"].layers[0]
    assert [names for names, _ in grid.grouped(wrong, wrong.states)] == ["h_0", "c_0"]
    deep = PICTURES["deep"].layers[0]
    assert [names for names, _ in grid.grouped(deep, deep.results)] == ["h_n", "c_n"]


def test_words_tell_what_the_picture_shows() -> None:
    words = grid.in_words(PICTURES["mistake"].layers[0])
    for told in ("input x (B, T, E) = (8, 20, 32)", "l1 reverse is h_n[3]", "Mistake LSTM201", "into self.head"):
        assert told in words


def test_a_page_marks_the_line_of_what_is_pointed_at() -> None:
    page = html.render([PICTURES["mistake"]], {"tagger.py": [f"line {number}" for number in range(1, 40)]})
    assert "body:has(.lc-line-17:hover) .line-17" in page
    assert '<li class="line-17 bad"><span class="n">17</span>line 17</li>' in page
    assert "line 30<" not in page
    assert "<script" not in page


def test_layers_are_drawn_below_each_other() -> None:
    root = ET.fromstring(layers_svg([plain, plain]))
    alone = ET.fromstring(layers_svg([plain]))
    assert float(root.get("height") or 0) > 1.8 * float(alone.get("height") or 0)


def test_a_long_text_is_shortened_and_whole_where_a_reader_points() -> None:
    drawn = svg.render(PICTURES["symbolic"])
    assert "self.dropout(self.emb…" in drawn
    assert "<title>input self.dropout(self.embedding(tokens))" in drawn


@pytest.mark.parametrize("longest", [0, 1, 2, 7, 8, 20])
@pytest.mark.parametrize("words", ["", "a", "nn.GRU(3)", "语言模型", "é" * 9])
def test_a_text_is_cut_to_so_many_columns(words: str, longest: int) -> None:
    for cut, kept in ((grid.shortened(words, longest), str.startswith), (grid.ending(words, longest), str.endswith)):
        assert cells(cut) <= max(longest, 1)
        assert kept(words, cut.strip("\N{HORIZONTAL ELLIPSIS}"))
        assert (cut == words) == (cells(words) <= longest)


@EVERY
def test_a_terminal_may_be_as_narrow_as_it_likes(name: str) -> None:
    """What does not fit is cut or runs on; everything that is named is named."""
    wide, narrow = (text.render(PICTURES[name], width) for width in (400, 12))
    for one in PICTURES[name].layers:
        assert one.kind in narrow
        assert one.kind in wide
    assert max(map(cells, narrow.splitlines())) <= max(map(cells, wide.splitlines())) + 20


def test_a_line_without_text_is_not_quoted() -> None:
    mistake = Mistake(
        "LSTM1", "x", "m", "input", place=Place("a.py", 3, "  "), because=((Place("a.py", 12, "b = 1"), "made"),)
    )
    assert list(grid.shown_lines(mistake)) == [("12 | ", "b = 1", "made")]
