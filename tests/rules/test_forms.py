"""What rules say, and how they mend, where a program is written in another form than in their examples: forms.md.

A heading is a form: the code and the message of its one finding, its help where that matters, the program below the
usual imports, and the lines of the mended program that are new; none where there is no fix, or none that mends it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from lstmcheck import checker, fixing
from lstmcheck.config import Settings

HEAD = "import torch\nfrom torch import nn\nfrom torch.nn.utils import rnn\n\n"
PATH = "example.py"


class Form(NamedTuple):
    name: str
    code: str
    message: str
    help: str | None
    source: str
    new: list[str]


def read_forms() -> list[Form]:
    text = Path(__file__).with_name("forms.md").read_text(encoding="utf-8")
    forms = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        blocks = re.findall(r"```python\n(.*?)```", rest, flags=re.DOTALL)
        said = [line[2:] for line in rest.splitlines() if line.startswith("> ")]
        code, _, message = said[0].partition(": ")
        new = blocks[1].splitlines() if len(blocks) > 1 else []
        forms.append(Form(name, code, message, said[1] if len(said) > 1 else None, HEAD + blocks[0], new))
    return forms


FORMS = read_forms()


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_a_form(form: Form) -> None:
    given = {PATH: form.source.encode()}
    whole = checker.examine(PATH, settings=Settings(), given=given)
    (finding,) = [one for one in whole.findings if one.severity != "info"]
    assert (finding.code, finding.message) == (form.code, form.message)
    assert form.help is None or finding.help == form.help
    fixed = fixing.fix(PATH, settings=Settings(), given=given, unsafe=True, choose=lambda seen: seen.findings)
    before, after = form.source.splitlines(), fixed.after.get(PATH, given[PATH]).decode().splitlines()
    assert [line for line in after if line not in before] == form.new
    assert bool(form.new) == (finding.fix is not None)
