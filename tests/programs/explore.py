"""A long search, from seed to seed, for programs on which torch and the linter disagree.

    cd tests && python -m programs.explore 0 5000 --out /tmp/found

prints how many programs were right, found, missed and so on, groups the disagreements by what torch said, and writes
each into a file with the verdict above it.
"""

from __future__ import annotations

import argparse
import collections
import re
import shutil
import tempfile
import time
from pathlib import Path

from lstmcheck.checker import check
from programs.choices import seeded
from programs.flaws import broken
from programs.judging import Verdict, judge
from programs.kinds import draw_program
from programs.running import Ran, Torch, write

DISAGREE = ("false alarm", "elsewhere", "missed", "exception")


def one(torch: Torch, directory: Path, seed: int, flawed: bool) -> tuple[str, str, Ran, Verdict]:
    """(what was changed, source, what torch did, verdict) of the program with this seed."""
    c = seeded(seed)
    files, what = draw_program(c), ""
    if flawed:
        what, files = broken(c, files)
    source = "\n".join(f"# {name}\n{text}" if len(files) > 1 else text for name, text in files.items())
    write(files, directory)
    ran = torch.run(directory)
    try:
        findings = check(directory).findings
    except Exception as error:
        return what, source, ran, Verdict("exception", [repr(error)])  # type: ignore[list-item]
    return what, source, ran, judge(ran, findings, flawed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--right", action="store_true", help="only programs without a change")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.out:
        shutil.rmtree(options.out, ignore_errors=True)
        options.out.mkdir(parents=True)
    counts: collections.Counter[str] = collections.Counter()
    groups: dict[str, list[int]] = collections.defaultdict(list)
    torch, began = Torch(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(options.first, options.first + options.count):
            flawed = not options.right and seed % 4 != 0
            what, source, ran, verdict = one(torch, Path(name), seed, flawed)
            kind = "changed" if flawed else "plain"
            counts[f"{kind}: {verdict.what}"] += 1
            if not flawed and ran.kind:
                verdict = Verdict("exception")
                counts["plain programs that raise"] += 1
            if verdict.what in DISAGREE:
                said = "; ".join(getattr(f, "code", str(f)) for f in verdict.findings)
                signature = f"{verdict.what} | {what} | {re.sub(r'[0-9]+', 'N', str(ran))[:90]} | {said}"
                groups[signature].append(seed)
                if options.out:
                    note = [
                        f"# seed {seed}: {verdict.what}, {what}",
                        f"# torch: {ran} at {ran.frames}".replace("\n", " "),
                    ]
                    note += [
                        f"# {f.location.line}: {f.code} {f.message}" for f in verdict.findings if hasattr(f, "code")
                    ]
                    (options.out / f"{seed}.py").write_text("\n".join(note) + "\n" + source)
    torch.close()
    for what, count in sorted(counts.items()):
        print(f"{count:6d} {what}")
    print(f"{time.perf_counter() - began:.0f} s")
    for signature, seeds in sorted(groups.items(), key=lambda item: (item[0].split(" | ")[0], -len(item[1]))):
        print(f"{len(seeds):4d} {signature} {seeds[:4]}")


if __name__ == "__main__":
    main()
