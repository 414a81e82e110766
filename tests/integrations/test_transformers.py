"""The callback in a real trainer of transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments

from lstmcheck.integrations.transformers import LSTMCheck


class Tagger(nn.Module):
    def __init__(self, features: int = 3) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, 8, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.head(self.lstm(x)[0][:, -1])
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def trainer(model: nn.Module, callback: LSTMCheck, folder: Path) -> Trainer:
    rows: list[dict[str, Any]] = [{"x": torch.randn(5, 3), "labels": index % 2} for index in range(12)]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=4,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    return Trainer(model=model, args=arguments, train_dataset=rows, callbacks=[callback])  # type: ignore[arg-type]


def test_a_right_model_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(vars(nn.LSTM))
    callback = LSTMCheck()
    trainer(Tagger(), callback, tmp_path).train()
    assert callback.report is not None
    assert callback.report.findings == []
    assert sum(layer.calls for layer in callback.report.layers) == 3
    assert "[" not in capsys.readouterr().err
    assert dict(vars(nn.LSTM)) == before


def test_a_wrong_model_is_explained(tmp_path: Path) -> None:
    before = dict(vars(nn.LSTM))
    callback = LSTMCheck()
    with pytest.raises(RuntimeError, match="input_size"):
        trainer(Tagger(features=4), callback, tmp_path).train()
    callback.close()
    assert callback.report is not None
    assert [finding.code for finding in callback.report.findings] == ["LSTM223"]
    assert dict(vars(nn.LSTM)) == before


def test_what_was_found_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Warned(Tagger):
        def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
            nn.LSTM(3, 4, dropout=0.5)
            return super().forward(x, labels)

    trainer(Warned(), LSTMCheck(), tmp_path).train()
    assert "LSTM108 [dropout-one-layer]" in capsys.readouterr().err
