"""Search for programs that break the linter, led by the lines that they reach.

    pip install atheris && cd tests && python -m fuzz.coverage_guided --out DIR [-max_total_time=3600 ...]

Atheris keeps what reaches new lines and changes it further. It is given bytes of real programs and what it makes of
them, through the parser, the engine, the rules and the fixes. DIR keeps the programs that it found worth keeping, and
what breaks is written beside it; other options are libFuzzer's own. A program with a layer in front makes sure that
what is drawn meets the engine.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import random
import sys
from pathlib import Path

import atheris

# Modules are instrumented as they are imported: nothing of ours may come before, and nothing later by itself.
_ROOMS = ("causes", "checker", "config", "contract", "dims", "fixing", "infer", "rules", "source", "words")
with atheris.instrument_imports(include=["lstmcheck"]):
    for room in _ROOMS:
        name = f"lstmcheck.{room}"
        for module in pkgutil.walk_packages(getattr(importlib.import_module(name), "__path__", ()), f"{name}."):
            importlib.import_module(module.name)
    from lstmcheck.checker import check
    from lstmcheck.config import Settings
    from lstmcheck.fixing import fix

from fuzz import mutations, sources  # noqa: E402 - after what is instrumented

_HEAD = b"import torch\nfrom torch import nn\nrnn = nn.LSTM(3, 4)\n"
_LONGEST = 6_000  # bytes
_SECONDS = 60  # for one program, by the clock on the wall
_PATH = "program.py"


def one(data: bytes) -> None:
    """Check and fix a program; whatever is raised is what is searched for."""
    program = data if b"LSTM" in data or b"GRU" in data or b"RNN" in data else _HEAD + data
    if check(_PATH, given={_PATH: program}).findings:
        fix(_PATH, settings=Settings(show_info=True), given={_PATH: program}, unsafe=True)


def changed(data: bytes, longest: int, seed: int) -> bytes:
    """Another program: half of the time with a change of our own kind, else with one of libFuzzer's."""
    draw = random.Random(seed)
    if draw.random() < 0.5:
        made = mutations.mutant(data.decode("utf-8", "surrogateescape"), seed)
        return made[:longest]
    return atheris.Mutate(data, longest)


def main() -> None:
    """Search until libFuzzer's limits are reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder of programs, kept from search to search")
    options, others = parser.parse_known_args()
    kept = options.out / "programs"
    if not kept.is_dir():
        kept.mkdir(parents=True)
        for name, text in sources.with_layers():
            (kept / f"{name}.py").write_text(text, encoding="utf-8")
    limits = [f"-timeout={_SECONDS}", f"-max_len={_LONGEST}", "-rss_limit_mb=3000", f"-artifact_prefix={options.out}/"]
    atheris.Setup([sys.argv[0], *limits, *others, str(kept)], one, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
