"""Sources of chance: one for each consumer, so that one consumer's draws do not shift another's."""

from __future__ import annotations

import hashlib
import random


def stream(seed: int, *names: str) -> random.Random:
    """Return the source of chance that belongs to `names` in a run with `seed`.

    Examples
    --------
    >>> stream(7, "network", "a->b").random() == stream(7, "network", "a->b").random()
    True
    >>> stream(7, "network", "a->b").random() == stream(7, "network", "a->c").random()
    False
    """
    text = "\x1f".join((str(seed), *names))
    return random.Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest()))
