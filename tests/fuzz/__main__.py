"""Try to break the linter.

    cd tests && python -m fuzz files [PATH ...]     every file of the standard library and of what is installed
    cd tests && python -m fuzz mutants 20000        changed programs; --first N begins at another seed, and
                                                    --programs DIR changes the files of a folder that name a layer
    cd tests && python -m fuzz random 2000          programs drawn from Python's grammar; needs hypothesmith
    cd tests && python -m fuzz --seconds 2 long 800 the tests' programs with one statement so many times in a row

`files` checks each file as if it lay alone, and each --in-place-in N-th where it lies as well, with what it imports and
what uses it: in a large package that takes tens of times as long. --part K/N takes each N-th file, or each N-th program
that is to be made longer, beginning with the K-th, so that N runs see them all.

Demanded of every program: no exception, an end within --seconds of processor time, and the same answer in another
process, with other hashes. Each --surfaces-in N-th is also fixed, silenced, shown, drawn, opened in an editor and put
into a notebook, and what must hold of the results is tested. `files` prints every finding as well: what is installed
is right until somebody has read that it is not. What fails is written to --out, to be shrunk and kept as a case. Exit
code 1 where anything failed.
"""

from __future__ import annotations

import argparse
import collections
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fuzz import checking, mutations, sources

Programs = Iterator[tuple[str, "bytes | None"]]
_LIBRARY_FILES = 400
_LARGEST = 20_000  # bytes of a program that is changed
_PROGRESS = 1_000  # programs
_SLOW = 2.0  # seconds: slower programs are named


def files(options: argparse.Namespace) -> Programs:
    """Real files as they are: each by itself, under a path that leads nowhere, and some where they lie."""
    for number, path in enumerate(sources.files(options.paths or sources.installed())[_part(options)]):
        yield str(path.absolute().relative_to(path.absolute().anchor)), path.read_bytes()
        if number % options.in_place_in == 0:
            yield str(path), None


def mutants(options: argparse.Namespace) -> Programs:
    """Programs with layers, and some real files, with random changes."""
    if options.programs_of:
        programs = sources.speaking_of_layers(options.programs_of, _LARGEST)
        library = []
    else:
        programs = sources.with_layers()
        library = sources.files(sources.installed())
    for path in random.Random(0).sample(library, min(_LIBRARY_FILES, len(library))):
        if path.stat().st_size < _LARGEST:
            programs.append((path.stem, path.read_text(encoding="utf-8", errors="surrogateescape")))
    for seed in range(options.first, options.first + options.count):
        name, source = programs[seed % len(programs)]
        yield f"{name}_{seed}.py", mutations.mutant(source, seed)


def drawn(options: argparse.Namespace) -> Programs:
    """Programs drawn from the grammar, with a layer in front so that the engine takes them."""
    import hypothesmith
    from hypothesis import HealthCheck, Phase, given, settings

    texts: list[str] = []

    @settings(
        max_examples=options.count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hypothesmith.from_node())
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    head = "import torch\nfrom torch import nn\nrnn = nn.LSTM(3, 4)\n"
    for number, text in enumerate(texts):
        yield f"drawn_{number}.py", (head + text).encode("utf-8", "surrogatepass")


def long(options: argparse.Namespace) -> Programs:
    """Programs with layers in which one statement stands many times: a check must not take the square of that."""
    for name, source in sources.with_layers()[_part(options)]:
        for number, program in enumerate(mutations.lengthened(source, options.times)):
            yield f"{name}_{number}.py", program


def _part(options: argparse.Namespace) -> slice:
    first, step = map(int, options.part.split("/"))
    return slice(first - 1, None, step)


def main() -> int:
    """Check all programs of a kind and print what failed, grouped by its end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="processor time for one program")
    parser.add_argument("--out", type=Path, help="where to write what fails")
    parser.add_argument("--twice-in", type=int, default=1, help="check only each N-th program again")
    parser.add_argument("--surfaces-in", type=int, default=0, metavar="N", help="also use each N-th as an editor does")
    kinds = parser.add_subparsers(dest="kind", required=True)
    of_files = kinds.add_parser("files")
    of_files.add_argument("paths", nargs="*", type=Path)
    of_files.add_argument("--in-place-in", type=int, default=1, metavar="N", help="check each N-th where it lies too")
    of_files.add_argument("--part", default="1/1", metavar="K/N", help="each N-th file, beginning with the K-th")
    of_files.set_defaults(programs=files)
    of_mutants = kinds.add_parser("mutants")
    of_mutants.add_argument("count", type=int)
    of_mutants.add_argument("--first", type=int, default=0)
    of_mutants.add_argument("--programs", dest="programs_of", type=Path, nargs="+", metavar="DIR")
    of_mutants.set_defaults(programs=mutants)
    of_drawn = kinds.add_parser("random")
    of_drawn.add_argument("count", type=int)
    of_drawn.set_defaults(programs=drawn)
    of_long = kinds.add_parser("long")
    of_long.add_argument("times", type=int)
    of_long.add_argument("--part", default="1/1", metavar="K/N", help="each N-th program, beginning with the K-th")
    of_long.set_defaults(programs=long)
    options = parser.parse_args()

    counts: collections.Counter[str] = collections.Counter()
    groups: dict[str, list[str]] = collections.defaultdict(list)
    with_findings = 0
    slowest = checking.Outcome("", "ok")
    began = time.perf_counter()
    programs = options.programs(options)
    for outcome, data in checking.outcomes(programs, options.seconds, options.twice_in, options.surfaces_in):
        counts[outcome.what] += 1
        if counts.total() % _PROGRESS == 0:
            print(f"{counts.total()} programs in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if outcome.seconds > _SLOW:
            print(f"{outcome.seconds:.2f} s: {outcome.name}", flush=True)
        slowest = max(slowest, outcome, key=lambda one: one.seconds)
        if outcome.what == "ok":
            with_findings += bool(outcome.findings)
            if options.kind == "files" and outcome.findings:
                print(outcome.name, *outcome.findings, sep="\n  ", flush=True)
            continue
        last = outcome.text.strip().splitlines() or [""]
        place = [line.strip() for line in last if line.strip().startswith("File ")][-1:]
        groups[f"{outcome.what}: {re.sub(r'[0-9]{4,}', 'N', last[-1])[:200]} {' '.join(place)}"].append(outcome.name)
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            stem = f"{outcome.what.replace(' ', '-')}-{counts[outcome.what]}"
            (options.out / f"{stem}.py").write_bytes(Path(outcome.name).read_bytes() if data is None else data)
            (options.out / f"{stem}.txt").write_text(f"{outcome.name}\n{outcome.text}\n")
    for what, count in (*sorted(counts.items()), ("with findings", with_findings)):
        print(f"{count:7d} {what}")
    print(f"slowest: {slowest.name}, {slowest.seconds:.2f} s; {time.perf_counter() - began:.0f} s in all")
    for signature, names in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(names):5d} {signature} {names[:3]}")
    return int(bool(groups))


if __name__ == "__main__":
    sys.exit(main())
