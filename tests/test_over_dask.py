"""The recipe for a large collection: docs/scaling/over_dask.py with two workers finds what one process finds."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import lstmcheck
from lstmcheck import cli

SCRIPT = Path(__file__).parent.parent / "docs" / "scaling" / "over_dask.py"
BAD = "import torch\nfrom torch import nn\nrnn = nn.GRU(10, 20)\nout, h = rnn(torch.zeros(5, 3, {size}))\n"


@pytest.mark.skipif(find_spec("dask") is None, reason="needs dask, which the extra `dev` brings")
@pytest.mark.parametrize("packed", [False, True])
def test_two_workers_find_what_one_process_finds(tmp_path: Path, packed: bool) -> None:
    sources = {f"s3://bucket/{number:02}/a.py": BAD.format(size=8 + number % 4) for number in range(40)}
    sources |= {f"s3://bucket/{number:02}/b.py": "x = 1\n" for number in range(40)}
    expected = [
        (path, finding.code, finding.location.line, finding.message)
        for path, text in sorted(sources.items())
        for finding in lstmcheck.check_source(text, path)
    ]
    assert len(expected) == 30
    (tmp_path / "sources").mkdir()
    lines = [json.dumps({"path": path, "text": text}) + "\n" for path, text in sources.items()]
    for part in range(4):
        data = "".join(lines[part::4]).encode()
        name = f"{part}.jsonl{'.gz' if packed else ''}"
        (tmp_path / "sources" / name).write_bytes(gzip.compress(data) if packed else data)
    pattern = f"{tmp_path}/sources/*.jsonl{'.gz' if packed else ''}"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), pattern, str(tmp_path / "findings"), "2"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    parts = sorted(map(str, (tmp_path / "findings").glob("*.jsonl")))
    assert len(parts) == 4
    assert cli.main(["merge", *parts, "-o", str(tmp_path / "whole")]) == 0
    found = [json.loads(line) for line in (tmp_path / "whole").read_text().splitlines()]
    assert [(one["path"], one["code"], one["line"], one["message"]) for one in found] == expected
