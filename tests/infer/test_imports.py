"""A module runs once, whoever imports it first and wherever."""

from __future__ import annotations

from pathlib import Path

import lstmcheck

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
