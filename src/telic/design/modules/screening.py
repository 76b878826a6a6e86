"""How bad a text is, by its worst word, and what is left of an answer once the bad is taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping

SEVERITIES: Mapping[str, float] = {
    **dict.fromkeys(("explosive", "ransomware", "counterfeit", "poison"), 0.9),
    **dict.fromkeys(
        ("attack", "attacks", "kill", "kills", "shoot", "weapon", "fight"), 0.3
    ),  # of games and processes too
}
"""Words that count, from 0 (harmless) to 1."""

PRIVATE = 0.8  # how bad a telephone number in an answer is [1]
REMOVED = "[removed]"
_WORD = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"\+\d[\d ]{6,}\d")


def severity(text: str) -> float:
    """Return how bad the worst word of a text is, from 0 to 1.

    Examples
    --------
    >>> severity("Kill a process"), severity("Feed a cat")
    (0.3, 0.0)
    """
    return max((SEVERITIES.get(each, 0.0) for each in _WORD.findall(text.lower())), default=0.0)


def cleaned(text: str, threshold: float) -> str:
    """Return `text` with `REMOVED` in place of everything that is as bad as `threshold` or worse.

    Examples
    --------
    >>> cleaned("Call +00 555 0147 now.", 0.6)
    'Call [removed] now.'
    """
    if threshold <= PRIVATE:
        text = _NUMBER.sub(REMOVED, text)
    return " ".join(REMOVED if severity(each) >= threshold else each for each in text.split(" "))
