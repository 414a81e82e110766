"""Columns in a long line, of which a thousand may be asked for: the line is not read from its start for each."""

from __future__ import annotations

from itertools import accumulate

LONG = 1_000  # characters; a shorter line is encoded faster than it is prepared
_STEP = 1_024  # bytes
_CONTINUATION = bytes(range(0x80, 0xC0))


class LongLine:
    """The text of one line, ready for many questions."""

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "replace")
        blocks = (self._data[at : at + _STEP] for at in range(0, len(self._data), _STEP))
        self._before = [0, *accumulate(len(block.translate(None, _CONTINUATION)) for block in blocks)]

    def characters(self, offset: int) -> int:
        """How many whole characters stand before a UTF-8 byte offset."""
        offset = min(offset, len(self._data))
        while 0 < offset < len(self._data) and self._data[offset] in _CONTINUATION:
            offset -= 1
        block = offset // _STEP
        return self._before[block] + len(self._data[block * _STEP : offset].decode("utf-8", "ignore"))
