"""What the pages of evidence of a reason show, as its sentence: every number in it is one of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.context.deviation import Deviation
from telic.model import Row, Window

Periods = Mapping[str, Row]  # the row of each period, ``before`` and ``now``, or of neither


def shown(says: str, deviation: Deviation, pages: Sequence[Sequence[Row]], before: Window, now: Window) -> str:
    """Return the sentence of a reason with the numbers that its queries returned.

    Parameters
    ----------
    says
        The sentence as it was made of what deviates.
    deviation
        What the reason rests on.
    pages
        Rows of each of its queries, as `telic.operate.diagnosis.causes.proof` asks them.
    before, now
        When all was well, and the window.
    """
    found = [{str(row["period"]): row for row in rows} for rows in pages]
    if deviation.kind == "logs":
        earlier = f", {_number(found[0], 'before')} before" if "before" in found[0] else ""
        return f"{says.removesuffix(f' ({deviation.count} times)')} ({_number(found[0], 'now')} times{earlier})"
    return says.replace(deviation.says, _moved(deviation, found, before, now))


def _moved(deviation: Deviation, found: Sequence[Periods], before: Window, now: Window) -> str:
    where = deviation.instance or deviation.entity
    if deviation.kind == "sequence":
        one, other = (
            f"{name} ({_number(each, 'before')} -> {_number(each, 'now')} times)"
            for name, each in zip(deviation.pair, found, strict=True)
        )
        return f"{where}: {one} is not always followed by {other} as it was"
    if deviation.counters:
        grown = (
            f"{name} grew by {_number(each, 'now', 'more')} in {now.seconds:.0f} s,"
            f" by {_number(each, 'before', 'more')} in {before.seconds:.0f} s before"
            for name, each in zip(deviation.counters, found, strict=True)
        )
        return f"{where}: {deviation.signal}: {', '.join(grown)}"
    if deviation.of_spans and deviation.kind == "errors":
        return _failed(deviation, found[0])
    return _level(deviation, found[0])


def _failed(deviation: Deviation, found: Periods) -> str:
    caller = deviation.pair[0] if deviation.pair else ""
    what = f"{deviation.signal} of {caller} gets no answer" if caller else f"{deviation.signal} fails"
    counts = (f"{_number(found, each, 'failed')} of {_number(found, each, 'spans')}" for each in ("now", "before"))
    return f"{deviation.entity}: {what} in {' cases, '.join(counts)} before"


def _level(deviation: Deviation, found: Periods) -> str:
    """Say from where a level moved, and how far: a short peak does not move the median."""
    where, ending = deviation.instance or deviation.entity, ""
    way, far = ("up", "most") if deviation.up else ("down", "least")
    if deviation.of_spans or deviation.kind == "network":  # asked of all instances, for what takes longer
        where, ending, way, far = deviation.entity, "_s", "up", "most"
    usual, middle = (_number(found, each, f"middle{ending}", "nothing") for each in ("before", "now"))
    reached = _number(found, "now", f"{far}{ending}", "nothing")
    unit = f" {deviation.unit}" if deviation.unit else ""
    return f"{where}: {deviation.signal} {usual} -> {way} to {reached}{unit} (median {middle})"


def _number(found: Periods, period: str, column: str = "", without: str = "0") -> str:
    """Return a number of one period, by default its only count; `without` where there is none."""
    row = found.get(period, {})
    value = row.get(column) if column else next((row[each] for each in ("lines", "spans") if each in row), None)
    if value is None:
        return without
    return str(value) if isinstance(value, int) else f"{float(str(value)):.3g}"
