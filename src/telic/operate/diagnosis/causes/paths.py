"""The way through the call graph on which trouble came from the cause to the symptom."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


def path(calls: Mapping[str, Sequence[str]], cause: str, symptom: str) -> tuple[str, ...]:
    """Return the shortest way of calls from `symptom` down to `cause`, cause first; only the cause if there is none.

    Examples
    --------
    >>> path({"web": ["cart"], "cart": ["db"]}, "db", "web")
    ('db', 'cart', 'web')
    """
    came: dict[str, str] = {symptom: ""}
    waiting = deque([symptom])
    while waiting and cause not in came:
        here = waiting.popleft()
        for each in calls.get(here, ()):
            if each not in came:
                came[each] = here
                waiting.append(each)
    if cause not in came or not symptom:
        return (cause,)
    steps = [cause]
    while steps[-1] != symptom:
        steps.append(came[steps[-1]])
    return tuple(steps)
