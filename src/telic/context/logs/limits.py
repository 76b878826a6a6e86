"""What a miner holds at most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a miner holds at most.

    Parameters
    ----------
    line
        Characters of a line that are looked at.
    tokens
        Tokens of a line; the rest counts as one value.
    patterns
        Distinct patterns (passed by at most the new ones of 8,192 lines); then patterns of one template are folded
        into it, and when that does not help, lines of new templates are counted under the template ``<*>``.
    of_template
        Patterns of one template before they are folded.
    """

    line: int = 16_384
    tokens: int = 128
    patterns: int = 50_000
    of_template: int = 512
