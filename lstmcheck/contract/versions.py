"""Which torch release a fact begins with: the only place that knows version numbers.

Facts are dated by reading torch/nn/modules/rnn.py of 2.0.1, 2.1.2, 2.3.1, 2.6.0, 2.9.1, 2.12.1 and later; a change
between two of those is dated to the later one (bias and batch_first checks lie somewhere in 2.10 to 2.12).
"""

from __future__ import annotations

from typing import Final

Version = tuple[int, int]

OLDEST: Final[Version] = (2, 0)
LATEST: Final[Version] = (2, 13)

RANK_IS_VALUE_ERROR: Final[Version] = (2, 1)
"""Before: AssertionError "LSTM: Expected input to be 2-D or 3-D but received 4-D tensor"."""

LSTM_PACKED_UNCHECKED: Final[Version] = (2, 1)
"""Since then nn.LSTM validates nothing when its input is packed (pytorch#195803)."""

INPUT_DTYPE_CHECKED: Final[Version] = (2, 1)
INPUT_DTYPE_REWORDED: Final[Version] = (2, 12)

HIDDEN_SIZE_CHECKED: Final[Version] = (2, 1)
NUM_LAYERS_CHECKED: Final[Version] = (2, 3)
FLAGS_AND_INPUT_SIZE_CHECKED: Final[Version] = (2, 12)

RNN_NONLINEARITY_POSITIONAL: Final[Version] = (2, 3)
"""Before, the fourth positional argument of nn.RNN was bias and nonlinearity was keyword-only."""

CELL_STATE_RANK_CHECKED: Final[Version] = (2, 1)
