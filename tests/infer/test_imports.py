"""A module runs once, whoever imports it first and wherever."""

from __future__ import annotations

from pathlib import Path

import pytest

import lstmcheck
from lstmcheck.infer import project

RUN = """\
def main(fast):
    if fast:
        from networks import Net

        return Net(5, 6)
    return None
"""
NETWORKS = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.core = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, seq):
        out, _ = self.core(seq)
        return self.head(out)
"""


def test_a_module_that_a_branch_imports_first_keeps_its_names(tmp_path: Path) -> None:
    (tmp_path / "a_run.py").write_text(RUN)
    (tmp_path / "networks.py").write_text(NETWORKS)
    assert [finding.code for finding in lstmcheck.check(tmp_path).findings] == ["LSTM301"]


def test_what_a_file_may_import_does_not_depend_on_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "MAX_IMPORTED", 1)
    for name in "abc":
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"sizes_{name}.py").write_text("WIDTH = 5\n")
        (folder / "net.py").write_text(
            f"import torch\nfrom sizes_{name} import WIDTH\ntorch.nn.LSTM(WIDTH, 3)(torch.zeros(2, 4, 6))\n"
        )
    assert [finding.code for finding in lstmcheck.check(tmp_path).findings] == ["LSTM223"] * 3


READS_SECOND_ROW_LATE = """\
import torch

lstm = torch.nn.LSTM(4, 3, num_layers=2)
_, (h, c) = lstm(torch.randn(7, 2, 4))
print(h[0])
values = [i * i + 1 for i in range(10)]
print(h[1])
"""


def test_what_a_spent_budget_leaves_out_is_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.py"
    file.write_text(READS_SECOND_ROW_LATE.replace("print(h[1])\n", ""))
    assert [finding.code for finding in lstmcheck.check(file).findings] == ["LSTM644"]
    file.write_text(READS_SECOND_ROW_LATE)
    monkeypatch.setattr(project, "MODULE_STEPS", 60)
    monkeypatch.setattr(project, "STEPS_A_LINE", 0)
    assert lstmcheck.check(file).findings == []
