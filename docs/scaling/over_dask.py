"""Check a collection of sources with Dask.

    python over_dask.py 'sources/*.jsonl' findings [WORKERS]

Each line of the sources is a JSON object with a "path" and a "text". The findings are written as JSON lines, a file for
each part of the sources; `lstmcheck merge findings/*.jsonl` makes one of them.
"""

import json
import sys

import dask.bag

import lstmcheck
from lstmcheck.report.json import as_json


def checked(line: str) -> list[str]:
    """The findings of one source, a JSON object each."""
    source = json.loads(line)
    return [json.dumps(as_json(finding)) for finding in lstmcheck.check_source(source["text"], source["path"])]


def main(sources: str, out: str, workers: int = 2) -> None:
    found = dask.bag.read_text(sources).map(checked).flatten()
    found.to_textfiles(f"{out}/*.jsonl", last_endline=True, scheduler="processes", num_workers=workers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
