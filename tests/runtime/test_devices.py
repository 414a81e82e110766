"""The tracer never waits for a device: it looks at shapes, dtypes and devices, not at values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import lstmcheck
from lstmcheck.runtime.probing import STEPS

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


class Model(nn.Module):
    """Every class, with states, padding, packing, and results read in many ways."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4, padding_idx=0)
        self.lstm = nn.LSTM(4, 8, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(16, 8, batch_first=True)
        self.rnn = nn.RNN(8, 8)
        self.cells = nn.ModuleList([nn.LSTMCell(8, 8), nn.GRUCell(8, 8), nn.RNNCell(8, 8)])
        self.head = nn.Linear(24, 2)

    def forward(self, ids: Tensor, packed: bool) -> Tensor:
        x = self.embedding(ids)
        if packed:
            sequence: Any = pack_padded_sequence(x, [6, 4, 3], batch_first=True)
            output, (h_n, _) = self.lstm(sequence)
            output, _ = pad_packed_sequence(output, batch_first=True)
        else:
            output, (h_n, _) = self.lstm(x, (x.new_zeros(4, 3, 8), x.new_zeros(4, 3, 8)))
        steps, last = self.gru(output)
        read, _ = self.rnn(steps.transpose(0, 1), last)
        h, c = self.cells[0](read[-1], (h_n[-1], h_n[-2]))
        h = self.cells[2](self.cells[1](h, c), c)
        return self.head(torch.cat([h, steps[:, -1], h_n[-2:].mean(0)], dim=1))


def train(device: str, packed: bool, steps: int) -> None:
    """Some steps; the labels and the loss stay on the device."""
    model = Model().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ids = torch.ones(3, 6, dtype=torch.long, device=device)
    labels = torch.zeros(3, dtype=torch.long, device=device)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids, packed), labels).backward()
        optimizer.step()


def test_nothing_reads_a_value_that_is_not_on_the_cpu(caplog: pytest.LogCaptureFixture) -> None:
    """On the meta device every read raises: the tracer would log that as an error of its own."""
    with lstmcheck.trace() as report:
        train("meta", packed=False, steps=STEPS + 2)
    assert caplog.records == []
    assert {layer.kind for layer in report.layers} == {"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"}
    assert report.ok


def test_lengths_on_a_device_are_not_read(caplog: pytest.LogCaptureFixture) -> None:
    lengths = [torch.zeros((), dtype=torch.long, device="meta")] * 2
    with lstmcheck.trace(), pytest.raises(RuntimeError):
        pack_padded_sequence(torch.zeros(5, 2, 4), lengths)  # type: ignore[arg-type]
    assert caplog.records == []


@CUDA
@pytest.mark.parametrize("packed", [False, True])
def test_nothing_waits_for_a_gpu(packed: bool, caplog: pytest.LogCaptureFixture) -> None:
    train("cuda", packed, STEPS + 2)  # the first run sets up libraries
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        train("cuda", packed, STEPS + 2)
        with lstmcheck.trace() as report:
            train("cuda", packed, STEPS + 2)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert caplog.records == []
    assert report.ok
