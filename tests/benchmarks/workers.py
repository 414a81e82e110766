"""Whether workers pay within a run: the files with layers of a tree, checked in one process and in a pool of processes.

    python tests/benchmarks/workers.py TREE [WORKERS]

Each file is checked by itself (`lstmcheck.check_source`), which is the most that workers could share: a run follows
imports, too. Wall seconds, the least of five, of what a run would have to do: start the workers, which import the
engine, send the texts, and take the findings. The findings are the same in all rows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import lstmcheck
from lstmcheck.findings import Finding

Sources = Sequence[tuple[bytes, str]]


def alone(sources: Sources) -> list[list[Finding]]:
    """In this process."""
    return [lstmcheck.check_source(text, path) for text, path in sources]


def shared(sources: Sources, method: str, workers: int) -> list[list[Finding]]:
    """In a pool that is made for it."""
    with ProcessPoolExecutor(workers, mp_context=get_context(method)) as pool:
        return list(pool.map(lstmcheck.check_source, *zip(*sources)))


def main(tree: str, workers: int) -> None:
    """Print a row for one process and for each way to start workers."""
    files = sorted(lstmcheck.check(tree).interpreted)
    sources = [(Path(file).read_bytes(), file) for file in files]
    print(f"{len(files)} files, {sum(text.count(10) for text, _ in sources)} lines")
    expected = alone(sources)
    ways = {"one process": lambda: alone(sources)} | {
        f"{workers} workers, {method}": lambda method=method: shared(sources, method, workers)
        for method in get_all_start_methods()
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(5):
        for name, way in ways.items():
            start = time.perf_counter()
            assert way() == expected
            times[name].append(time.perf_counter() - start)
    for name, own in times.items():
        print(f"{name:24} {min(own):6.3f} s ({min(own) / min(times['one process']):4.2f}x)")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(str(__doc__))
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 2)
