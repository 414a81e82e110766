"""The answers that are on record are those that torch gives."""

from __future__ import annotations

import pytest
import torch
from recorded.observing import observed
from recorded.questions import asked_of, recorded

RELEASE = torch.__version__.partition("+")[0]


@pytest.mark.skipif(asked_of().partition("+")[0] != RELEASE, reason="another release of torch was asked")
def test_torch_still_answers_so() -> None:
    torch.set_num_threads(1)
    for question, answer in recorded():
        assert observed(question) == answer, question
