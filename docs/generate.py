"""Write what is made from the code: docs/rules/, docs/errors/, and what commands print in the other pages.

In the tutorial, a block of a page that shows a slip as a diff is followed by what lstmcheck says about the program with
that slip.

    python docs/generate.py

tests/pages/test_generated.py and tests/test_docs.py tell when it is not up to date.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstmcheck.pages import error, rule
from lstmcheck.pages.errors import all_errors
from lstmcheck.rules import reportable

DOCS = Path(__file__).parent
TUTORIAL = [page for page in sorted((DOCS / "tutorial").glob("*.md")) if page.with_suffix(".py").exists()]
FAMILIES = {
    "LSTM1": "Building a layer",
    "LSTM20": "The initial state",
    "LSTM21": "The initial state",
    "LSTM22": "The input",
    "LSTM3": "What is done with the result",
    "LSTM4": "Packing and padding",
    "LSTM5": "Losses, training, checkpoints",
    "LSTM60": "Habits that torch is silent about",
    "LSTM61": "Habits that torch is silent about",
    "LSTM64": "Axes that torch is silent about",
    "LSTM65": "Axes that torch is silent about",
    "LSTM9": "The file itself",
}
PLAIN = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
# a diff, what lstmcheck says, and a line about torch
SLIP = r"```diff\n(?P<diff>(?:[-+].*\n)+)```\n\n```text\n(?P<said>(?:.*\n)*?)```\n\n(?P<torch>torch .*)$"


def pages() -> dict[str, str]:
    """Every generated page, by its path below docs/."""
    made = {f"rules/{one.code}.md": rule.markdown(one, picture(one.code)) for one in reportable()}
    made |= {f"errors/{one.slug}.md": error.markdown(one) for one in all_errors()}
    made |= {"rules/index.md": rules_index(), "errors/index.md": errors_index()}
    return {path: "\n".join(lines) + "\n" for path, lines in made.items()}


def picture(code: str) -> str:
    """Where the picture of a rule's mistake is, seen from the rule's page; empty where it has none."""
    return f"../pictures/{code}.svg" if (DOCS / "pictures" / f"{code}.svg").exists() else ""


def rules_index() -> Iterator[str]:
    yield from ("# Rules", "", "What lstmcheck reports. `lstmcheck explain CODE` prints a page in the terminal.")
    family = ""
    for one in reportable():
        here = next((name for prefix, name in FAMILIES.items() if one.code.startswith(prefix)), "Others")
        if here != family:
            family = here
            yield from ("", f"## {family}", "", "| code | name | | fix | what it finds |", "|---|---|---|---|---|")
        yield f"| [{one.code}]({one.code}.md) | {one.name} | {one.severity} | {fixes(one)} | {cell(one.summary)} |"


def fixes(one: Any) -> str:
    """How safe the fixes of a rule are, empty where it has none."""
    return ", ".join(one.fixes)


def errors_index() -> Iterator[str]:
    yield "# What torch's error means"
    yield ""
    yield "Texts that torch raises, or warns with, around LSTM, GRU, RNN and their cells. Each page has a program that gives"
    yield "the text and the same program mended; both are run under torch by the tests. In the terminal:"
    yield from ("", "```sh", 'lstmcheck explain "Expected hidden[0] size (4, 8, 64), got [2, 8, 64]"', "```", "")
    yield from ("| text | rules that find it first |", "|---|---|")
    for one in all_errors():
        rules = ", ".join(f"[{code}](../rules/{code}.md)" for code in one.codes)
        yield f"| [{cell(error.shown(one.title))}]({one.slug}.md) | {rules} |"


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return text.replace("|", "\\|")


def shown(found: re.Match[str]) -> str:
    """A block with a command and what it prints now; paths below docs/ are seen from the root."""
    line = found[1]
    command = [sys.executable, "-m", "lstmcheck", *shlex.split(line)]
    where = DOCS.parent if "docs/" in line else DOCS
    done = subprocess.run(command, cwd=where, env=PLAIN, capture_output=True, text=True)
    return f"```console\n$ lstmcheck {line}\n{done.stdout}{done.stderr}```"


def slips(page: str) -> Iterator[tuple[str, str, str, str]]:
    """Every slip of a page of the tutorial: the block with the diff, what is said of it, what torch does, the heading."""
    heading = ""
    for found in re.finditer(rf"^### (.*)$|{SLIP}", page, re.MULTILINE):
        if found[1]:
            heading = found[1]
        else:
            yield found["diff"], found["said"], found["torch"], heading


def slipped(program: str, diff: str) -> str:
    """A program with a slip: each run of lines marked - in the diff, once in the program, becomes the run marked +.

    Raises ValueError when the lines are not in the program, or more than once.
    """
    for hunk in re.finditer(r"((?:^-.*\n)+)((?:^\+.*\n)*)", diff, re.MULTILINE):
        old, new = ("".join(line[1:] for line in group.splitlines(keepends=True)) for group in hunk.groups())
        if f"\n{program}".count(f"\n{old}") != 1:
            raise ValueError(f"not once in the program:\n{old}")
        program = f"\n{program}".replace(f"\n{old}", f"\n{new}")[1:]
    return program


def said_of(name: str, source: str) -> str:
    """What `lstmcheck` prints about a program of that name."""
    options = ["-q", "-", "--stdin-filename", name, "--isolated"]
    done = subprocess.run(
        [sys.executable, "-m", "lstmcheck", *options], cwd=DOCS, env=PLAIN, input=source, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def with_slips(page: Path) -> str:
    """A page of the tutorial with what is said of its slips now."""
    program = page.with_suffix(".py").read_text(encoding="utf-8")

    def renewed(found: re.Match[str]) -> str:
        said = said_of(f"{page.stem}.py", slipped(program, found["diff"]))
        return found[0].replace(f"```text\n{found['said']}", f"```text\n{said}")

    return re.sub(SLIP, renewed, page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def main() -> None:
    """Write what has changed, and remove pages of what is no more."""
    for page in (DOCS.parent / "README.md", *DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        new = re.sub(r"```console\n\$ lstmcheck (.*)\n(?:.*\n)*?```", shown, text)
        if new != text:
            page.write_text(new, encoding="utf-8", newline="\n")
            print(page.name)
    for page in TUTORIAL:
        new = with_slips(page)
        if new != page.read_text(encoding="utf-8"):
            page.write_text(new, encoding="utf-8", newline="\n")
            print(page.relative_to(DOCS))
    made = pages()
    for folder in ("rules", "errors"):
        (DOCS / folder).mkdir(exist_ok=True)
        for path in (DOCS / folder).glob("*.md"):
            if path.relative_to(DOCS).as_posix() not in made:
                path.unlink()
    for path, text in made.items():
        target = DOCS / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8", newline="\n")
            print(path)


if __name__ == "__main__":
    main()
