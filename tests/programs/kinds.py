"""The kinds of program that are drawn."""

from __future__ import annotations

from programs.choices import Choices
from programs.recurrences import cell_program, language_model, stacked_program, stateful_program
from programs.scripts import script_program
from programs.sequences import sequence_program
from programs.translation import latent_program, translation_program

KINDS = (
    sequence_program,
    sequence_program,
    sequence_program,
    language_model,
    translation_program,
    cell_program,
    stacked_program,
    stateful_program,
    latent_program,
    script_program,
)


def draw_program(c: Choices) -> dict[str, str]:
    """The files of one right program: torch runs program.py to its end."""
    return c.of(KINDS)(c)
