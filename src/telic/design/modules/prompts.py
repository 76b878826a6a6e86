"""What is counted and taken out of a prompt before anybody else sees it."""

from __future__ import annotations

HIDDEN = range(0xE0000, 0xE0080)  # Unicode's tags: no font shows them, a model reads them


def shown(text: str) -> str:
    """Return `text` without characters that nobody can see.

    Examples
    --------
    >>> shown("a" + chr(0xE0062) + "c")
    'ac'
    """
    return "".join(each for each in text if ord(each) not in HIDDEN)


def tokens_of(text: str) -> int:
    """Return how many tokens a text has [1]: words stand for them.

    Examples
    --------
    >>> tokens_of("how does a mill work")
    5
    """
    return len(text.split())
