"""The first tiers of what is worth parsing and running: whether the bytes of a file speak of a recurrent layer.

Most files end here, so that nothing is imported for them; `naming` reads the text around each name.
"""

from __future__ import annotations

from typing import NamedTuple

MENTIONS = (b"LSTM", b"GRU", b"RNN", b"pack_padded_sequence")
_GETATTR = b"getattr("
ASKING = (b"getattr(nn,", b"getattr(torch.nn,")
# what is written about a recurrent layer, whatever its class is called
_ABOUT = (b"rnn", b"lstm", b"gru", b"hidden", b"num_layers", b"bidirectional", b"batch_first")
NAMES = frozenset(kind + end for kind in ("LSTM", "GRU", "RNN") for end in ("", "Cell")) | {
    "RNNBase",
    "RNNCellBase",
    "pack_padded_sequence",
}


class Names(NamedTuple):
    """What a module's bytes say of layers."""

    named: bool  # a layer may be named in code; that none is named is certain
    given: bool  # it may be given to something, and not only be compared with; that it is not is certain
    asked: bool = False  # a layer may be made of a name that stands elsewhere: `getattr(nn, kind)`


NOTHING = Names(False, False)
_ASKED = Names(False, False, True)
ANYTHING = Names(True, True)


def speaks(data: bytes) -> bool:
    """Whether the bytes hold the beginning of a layer's name and speak of torch. Cheapest test first."""
    return b"torch" in data and _mentions(data)


def _mentions(data: bytes) -> bool:
    # from the end, as CPython is faster that way
    return any(data.rfind(mention) >= 0 for mention in MENTIONS)


def mentions(data: bytes) -> bool:
    """Whether the bytes speak of torch and hold the whole name of a recurrent layer."""
    if not speaks(data):
        return False
    from lstmcheck.source import naming

    return bool(naming.names(data))


def asks(data: bytes) -> bool:
    """Whether the bytes take what may be a recurrent layer from torch.nn by a name that is told elsewhere."""
    return b"torch" in data and _asks(data)


def _asks(data: bytes) -> bool:
    if data.rfind(_GETATTR) < 0 or not any(start in data for start in ASKING):
        return False
    text = data.lower()
    return any(word in text for word in _ABOUT)


def said(path: str, data: bytes) -> Names:
    """Whether a file may name a layer in code, and do anything with it."""
    if b"torch" not in data:
        return NOTHING
    if not _mentions(data):
        return _ASKED if _asks(data) else NOTHING
    from lstmcheck.source import naming

    if path.endswith(".ipynb"):  # its lines are written as strings
        return ANYTHING if naming.names(data) else NOTHING
    found = naming.said(data)
    return found if found.given or not _asks(data) else found._replace(asked=True)
