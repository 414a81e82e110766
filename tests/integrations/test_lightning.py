"""The callback in a real trainer."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from lstmcheck.integrations.lightning import LSTMCheck
from lstmcheck.tracing import LSTMCheckError


class Tagger(pl.LightningModule):
    def __init__(self, features: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, 8, batch_first=True, dropout=dropout)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0][:, -1])

    def training_step(self, batch: Any, index: int) -> Tensor:
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch: Any, index: int) -> None:
        self(batch[0])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def loader() -> DataLoader[tuple[Tensor, ...]]:
    return DataLoader(TensorDataset(torch.randn(12, 5, 3), torch.randint(0, 2, (12,))), batch_size=4)


def trainer(callback: LSTMCheck) -> pl.Trainer:
    return pl.Trainer(
        callbacks=[callback],
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def test_a_right_model_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(vars(nn.LSTM))
    callback = LSTMCheck()
    trainer(callback).fit(Tagger(), loader(), loader())
    assert callback.report is not None
    assert callback.report.findings == []
    assert callback.report.layers
    assert "LSTM" not in capsys.readouterr().err.replace("LSTMCheck", "")
    assert dict(vars(nn.LSTM)) == before


def test_a_wrong_model_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(vars(nn.LSTM))
    callback = LSTMCheck()
    with pytest.raises(RuntimeError, match="input_size"):
        trainer(callback).fit(Tagger(features=4), loader())
    assert callback.report is not None
    assert [finding.code for finding in callback.report.findings] == ["LSTM223"]
    assert "LSTM223 [input-features]" in capsys.readouterr().err
    assert dict(vars(nn.LSTM)) == before


def test_every_kind_of_run_is_traced() -> None:
    callback = LSTMCheck(verbose=False)
    running = trainer(callback)
    running.validate(Tagger(), loader(), verbose=False)
    assert callback.report is not None
    first = callback.report
    assert sum(layer.calls for layer in first.layers) == 3
    running.predict(Tagger(), DataLoader(torch.randn(8, 5, 3), batch_size=4))
    assert callback.report is not first
    assert sum(layer.calls for layer in callback.report.layers) == 2


def test_the_policy_is_that_of_trace() -> None:
    class Warned(Tagger):
        def training_step(self, batch: Any, index: int) -> Tensor:
            nn.LSTM(3, 4, dropout=0.5)
            return super().training_step(batch, index)

    with pytest.raises(LSTMCheckError, match="LSTM108"):
        trainer(LSTMCheck(policy="raise")).fit(Warned(), loader())


def test_the_callback_travels() -> None:
    callback = LSTMCheck(policy="log")
    callback.setup(None, None, "fit")
    try:
        for copied in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
            assert copied.policy == "log"
            assert copied.report is None
    finally:
        callback.verbose = False
        callback.teardown(None, None, "fit")


def test_a_callback_that_is_set_up_again_or_ends_without_a_beginning() -> None:
    callback = LSTMCheck(verbose=False)
    callback.teardown(None, None, "fit")
    callback.setup(None, None, "fit")
    report = callback.report
    callback.setup(None, None, "validate")
    assert callback.report is report
    nn.LSTM(3, 4, dropout=0.5)
    callback.teardown(None, None, "fit")
    callback.teardown(None, None, "validate")
    nn.GRU(3, 4, dropout=0.5)
    assert report is not None
    assert [finding.code for finding in report.findings] == ["LSTM108"]
