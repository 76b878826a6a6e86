"""KPIs and stated hypotheses of prepared events: read, checked, evaluated, with what they leave out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from telic.opportunities.language.algebra import Arithmetic, Attribute, Duration, Missing, Node, Number, parts
from telic.opportunities.language.check import TIME, YES_NO, Check
from telic.opportunities.language.evaluate import Evaluation
from telic.opportunities.language.events import Events
from telic.opportunities.language.harm import direction
from telic.opportunities.language.parser import parse_hypothesis, parse_kpi
from telic.opportunities.language.place import Written
from telic.opportunities.language.printer import write
from telic.opportunities.language.tree import Aggregate, Between, Dwell, Kpi, Near, Rate, Selector, Span, Stated
from telic.opportunities.model import Exclusion, Floats, Outcome, Prepared

_EXAMPLES = 3  # ids that an exclusion names
_FEW = 1e-12  # values of a KPI that differ by less (relatively) are the same [1]


def kpi(question: str | Written | Kpi, events: Prepared | Events) -> Outcome:
    """Answer a KPI for every group.

    Parameters
    ----------
    question
        A text of the language, or what `parse_kpi` or Python made of it.
    events
        Prepared events; or `Events` of them, which remembers what earlier questions found.

    Returns
    -------
    Outcome
        `values` are 0 or 1, a number, or seconds; NaN where the question has no answer, counted in `exclusions` by
        reason; `why` tells how the direction of harm was chosen where the question does not say it.

    Raises
    ------
    InvalidQuestion
        It cannot be read, names what does not occur, has the same value for all groups, or none for any.
    """
    found = events if isinstance(events, Events) else Events(events)
    tree, written = _read_kpi(question)
    kinds = _check(tree, found, written)
    evaluation = Evaluation(found, written)
    values = evaluation.value(tree.value)
    if tree.among is not None:
        among = Evaluation(found, written).value(tree.among)
        values = np.where(among == 1, values, np.nan)
        evaluation.reasons = {f"not among: {write(tree.among)}": among != 1, **evaluation.reasons}
    values = np.where(np.isfinite(values), values, np.nan)
    _differs(values, written, tree, found)
    harm, why = direction(tree)
    name = tree.name or (tree.value.name if isinstance(tree.value, Attribute) else write(tree.value))
    return Outcome(
        name=name,
        values=values,
        harm=harm,
        binary=bool(kinds & YES_NO) or _only_yes_or_no(values),
        text=write(Kpi(tree.name, tree.value, tree.among, harm)),
        touches=frozenset(touches(tree.value)),
        attributes=frozenset(attributes(tree.value)),
        timed=_timed(tree.value),
        why=why,
        unit="s" if kinds == TIME else "",
        sums=_sums(tree.value),
        exclusions=tuple(_exclusions(name, values, evaluation, found.prepared)),
    )


def hypothesis(
    question: str | Written | Stated, events: Prepared | Events, *, strict: bool = True
) -> npt.NDArray[np.bool_]:
    """Return for which groups a hypothesis is true, shape (G,); where it is undefined it is not.

    Parameters
    ----------
    strict
        Whether events and values that do not occur are an error. A question from elsewhere is asked with False.
    """
    found = events if isinstance(events, Events) else Events(events)
    if isinstance(question, Stated):
        written, tree = Written(write(question)), question
    else:
        written = Written(question) if isinstance(question, str) else question
        tree = parse_hypothesis(written)
    check = Check(found.schema, written, strict=strict)
    check.need(tree.value, YES_NO)
    return np.asarray(Evaluation(found, written).value(tree.value) == 1)


def _read_kpi(question: str | Written | Kpi) -> tuple[Kpi, Written]:
    """Return the tree and its text; a tree made in Python is read again, so that errors have a place."""
    text = write(question) if isinstance(question, Kpi) else question
    written = Written(text) if isinstance(text, str) else text
    return parse_kpi(written), written


def _check(tree: Kpi, events: Events, written: Written) -> frozenset[str]:
    check = Check(events.schema, written)
    kinds = check.question(tree.value)
    if tree.among is not None:
        check.need(tree.among, YES_NO)
    return kinds


def _differs(values: Floats, written: Written, tree: Kpi, events: Events) -> None:
    """Refuse a KPI that cannot be associated with anything."""
    defined = values[~np.isnan(values)]
    noun = events.prepared.grouping
    if not len(defined):
        raise written.mistake(
            f"this has no answer for any {noun}", tree.value.extent, hint="see which events and attributes there are"
        )
    least, most = float(defined.min()), float(defined.max())
    if most - least <= _FEW * max(abs(least), abs(most)):
        said = f"this is {least:g} for every {noun} that it is defined for ({len(defined):,} of {len(values):,})"
        raise written.mistake(
            said, tree.value.extent, hint="ask something that differs; are the spelling and the time limit right?"
        )


def _only_yes_or_no(values: Floats) -> bool:
    defined = values[~np.isnan(values)]
    return bool(((defined == 0) | (defined == 1)).all())


def _exclusions(name: str, values: Floats, evaluation: Evaluation, prepared: Prepared) -> Iterator[Exclusion]:
    left = np.isnan(values)
    for why, undefined in evaluation.reasons.items():
        here = left & undefined.astype(np.bool_)
        if here.any():
            yield _exclusion(here, f"{name} is undefined: {why}", prepared)
            left &= ~here
    if left.any():
        yield _exclusion(left, f"{name} is undefined", prepared)


def _exclusion(here: npt.NDArray[np.bool_], why: str, prepared: Prepared) -> Exclusion:
    some = np.flatnonzero(here)
    examples = tuple(str(prepared.groups[int(each)]) for each in some[:_EXAMPLES])
    return Exclusion("groups", len(some), why, examples)


def touches(node: Node) -> Iterator[str]:
    """Yield the events that move the value; those that only say who is asked about (anchors, starts) do not."""
    if isinstance(node, Selector):
        yield from node.names
    inside: tuple[Node, ...] = parts(node)
    if isinstance(node, Near):
        inside = (node.what,)
    if isinstance(node, Between):
        inside = (node.end,)
    for each in inside:
        yield from touches(each)


def _timed(node: Node) -> bool:
    return isinstance(node, Span | Between | Dwell) or any(_timed(each) for each in parts(node))


def _sums(node: Node) -> bool:
    """Return whether values of several groups may be added up."""
    if isinstance(node, Rate) or (isinstance(node, Aggregate) and node.how != "sum"):
        return False
    if isinstance(node, Arithmetic) and node.op == "/" and not isinstance(node.right, Number | Duration):
        return False
    return all(_sums(each) for each in parts(node))


def attributes(node: Node) -> Iterator[str]:
    """Yield the attributes that a value is made of."""
    if isinstance(node, Attribute):
        yield node.name
    if isinstance(node, Missing | Aggregate):
        yield node.attribute
    for each in parts(node):
        yield from attributes(each)
