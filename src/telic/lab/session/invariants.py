"""The intent's invariants, asked of the data that a system keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from telic.intent import expressions
from telic.lab.course import Course
from telic.lab.session.expression import Compiler
from telic.lab.session.facts import Facts
from telic.lab.session.record import Condition
from telic.lab.session.scope import places
from telic.model import Intent
from telic.model.intent import Invariant


def invariants(course: Course, intent: Intent) -> Iterator[Condition]:
    """Say of each invariant whether it holds on what `course` keeps now."""
    facts = Facts(intent, course.things)
    for each in intent.invariants:
        try:
            broken = violations(each, intent, facts)
        except Exception as error:  # noqa: BLE001 - data that it was not written for: no largest of nothing
            yield Condition(f"{each.expr}: {error or type(error).__name__}", None, each.id)
            continue
        words = f"{each.expr}, {each.scope}" if each.scope else each.expr
        yield Condition(f"{words}; broken {broken} times" if broken else words, not broken, each.id)


def violations(invariant: Invariant, intent: Intent, facts: Facts) -> int:
    """Return how many of the things that the scope goes through break the invariant [1].

    Raises
    ------
    InvalidIntent
        It says something that cannot be asked of data.
    """
    tree = expressions.parse(invariant.expr)
    scope = re.fullmatch(r"per\(\s*([a-z_, ]+?)\s*\)", invariant.scope)
    names = [each.strip() for each in scope[1].split(",")] if scope else []
    holds = Compiler(intent, facts).compiled(tree)
    return sum(not holds(place) for place in places(names, tree, intent, facts))
