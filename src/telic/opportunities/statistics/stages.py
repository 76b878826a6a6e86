"""Attributes that say how long somebody has been a user: what "how many-eth of its user" says too."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = re.compile(
    r"life[_ -]?cycle|tenure|new[_ -]?comer|(is|first)[_ -]?(new|time)|(new|returning)[_ -]?(user|visitor)"
)
_FIRST = frozenset({"new", "newcomer", "first"})
_LATER = frozenset({"returning", "return", "loyal", "repeat", "existing", "regular"})


def is_stage(name: str, labels: Iterable[str]) -> bool:
    """Whether an attribute says by its name, or by its values, whether a user is new.

    Examples
    --------
    >>> is_stage("user_lifecycle", ("a", "b")), is_stage("column_16", ("New_Visitor", "Returning_Visitor"))
    (True, True)
    >>> is_stage("condition", ("new", "used")), is_stage("city", ("New York", "Berlin"))
    (False, False)
    """
    if _NAMES.search(name.lower()):
        return True
    words = [set(re.findall(r"[a-z]+", label.lower())) for label in labels]
    return any(each & _FIRST for each in words) and any(each & _LATER for each in words)
