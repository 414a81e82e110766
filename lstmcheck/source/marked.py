"""Whether a file can hold comments that silence findings; `suppressions` reads them."""

from __future__ import annotations

import re

# a `noqa` for other tools' codes alone is not ours
_NOQA = re.compile(rb"noqa\s{0,20}:[^\n]{0,500}lstm", re.IGNORECASE)


def marked(data: bytes) -> bool:
    """Whether the bytes can hold a comment that silences findings."""
    return b"lstmcheck:" in data or ((b"noqa" in data or b"NOQA" in data) and _NOQA.search(data) is not None)
