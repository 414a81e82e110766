"""A short form of `tests/benchmarks/soak.py`: nothing grows, and no module is kept alive."""

from __future__ import annotations

import gc
import weakref

import torch
from benchmarks import soak
from torch import nn

import lstmcheck
from lstmcheck.runtime.records import RECORDS
from lstmcheck.runtime.trace import _MAX_SEEN


def test_memory_stays_and_modules_go() -> None:
    grown, alive, report = soak.soak(3000, 90)
    assert alive == 0
    assert max(grown) < soak.LIMIT_MB
    assert sum(layer.calls for layer in report.layers) == 3000 + 90
    assert [layer.modules for layer in report.layers] == [1, 1, 1, 30, 30, 30]


def test_what_is_known_of_a_module_ends_with_it() -> None:
    with lstmcheck.trace() as report:
        lstm = nn.LSTM(4, 8)
        lstm(torch.zeros(3, 2, 4))[0].sum().backward()
        ref = weakref.ref(lstm)
        assert len(RECORDS) == 1
        del lstm
        gc.collect()
        assert ref() is None
        assert RECORDS == {}
    assert [layer.calls for layer in report.layers] == [1]


def test_kinds_of_calls_are_bounded() -> None:
    cell = nn.RNNCell(1, 1)
    with torch.no_grad(), lstmcheck.trace() as report:
        for batch in range(_MAX_SEEN + 100):
            cell(torch.zeros(batch, 1))
        (record,) = RECORDS.values()
        assert len(record.seen) <= _MAX_SEEN
    assert report.ok
    assert report.layers[0].calls == _MAX_SEEN + 100
    assert report.layers[0].more_shapes
