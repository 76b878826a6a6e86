"""Whom a question is about, in words that follow "sessions"."""

from __future__ import annotations

from telic.opportunities.language.algebra import Compare, Duration, Not, Number, Value
from telic.opportunities.language.printer import number, plain, said, stretch, value
from telic.opportunities.language.tree import Between, Count, Dwell, Edge, Has, Rate, Span

_MORE = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "=": "exactly", "!=": "not exactly"}


def clause(question: Value) -> str:
    """Return whom a yes-or-no question is about, as what follows the noun in a sentence.

    Examples
    --------
    >>> from telic.opportunities.language.parser import parse_value
    >>> def of(text): return clause(parse_value(text))
    >>> of("session has no 'paid' within 10m of 'buy'"), of("time in 'wait' > 30s")
    ('without paid within 10m of buy', 'that spend more than 30s in wait')
    >>> of("duration of session <= 5m"), of("country = 'DE'")
    ('that last at most 5m', "where country = 'DE'")
    """
    match question:
        case Has():
            return f"with {_has(question)}"
        case Not(of=Has() as has):
            return f"without {_has(has)}"
        case Edge():
            return f"that {question.side.removesuffix('s')} with {plain(question.what)}"
        case Compare(left=left, right=Duration() as time):
            amount = f"{_MORE[question.op]} {stretch(time.ns)}"
            match left:
                case Span():
                    return f"that last {amount}"
                case Dwell():
                    return f"that spend {amount} in {plain(left.of)}"
                case Between():
                    return f"that take {amount} from {plain(left.start)} to {plain(left.end)}"
        case Compare(left=Count() as counted, right=Number() as limit):
            what = "events" if not counted.of.names and counted.of.where is None else plain(counted.of)
            return f"with {_MORE[question.op]} {number(limit.value)} {what}"
        case Compare(op=">=", left=Rate(per=None, time=None) as rate, right=Number(value=0.5)):
            return f"of which at least half is {plain(rate.of)}"
    return f"where {value(question)}"


def _has(question: Has) -> str:
    left_out = "" if question.ignoring is None else f", {plain(question.ignoring)} left out"
    return f"{said(question.pattern)}{left_out}"
