"""Columns in long lines are those that counting from the start gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lstmcheck.source.columns import LongLine

TEXTS = st.text(st.sampled_from("aé€😀\ud800"), max_size=40)


@given(TEXTS, st.integers(1, 300), st.lists(st.integers(0, 12_000), max_size=8))
def test_characters_before_an_offset_are_those_that_decoding_counts(text: str, times: int, offsets: list[int]) -> None:
    data = (text * times).encode("utf-8", "replace")
    line = LongLine(text * times)
    for offset in (0, len(data), 1_024, *offsets):
        assert line.characters(offset) == len(data[:offset].decode("utf-8", "ignore"))
