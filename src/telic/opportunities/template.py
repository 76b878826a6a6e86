"""What a template is: it turns prepared events into families of hypotheses, and never looks at an outcome."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from telic.opportunities.model import Exclusion, Family, Hypothesis, Prepared, Value
from telic.opportunities.plan import Evaluation, Node, Table, optimised, totals
from telic.opportunities.whole import ALONE, Waiting, Whole
from telic.registry import Registry

P = ParamSpec("P")
F = TypeVar("F")


def _unheard(_: Exclusion) -> None:
    """Say nothing."""


@dataclass
class Asking:
    """How a run asks: one object for all templates of a run over one `Prepared`.

    Parameters
    ----------
    least
        Groups that a hypothesis needs; those with fewer need not be in a family.
    most
        Values of a column, and hypotheses of a family, that are asked about at most; those with most groups stay.
    threads
        For kernels.
    table
        What the events are called in the SQL of hypotheses.
    leave_out
        Is told what a template does not ask about, and why.
    whole
        What is known of all events where `Prepared` is one of several parts.
    """

    least: int = 1
    most: int = 200_000
    threads: int = 1
    table: Table = field(default_factory=Table)
    leave_out: Callable[[Exclusion], None] = _unheard
    whole: Whole = ALONE
    _asked: dict[tuple[Node, ...], None] = field(default_factory=dict, repr=False, compare=False)
    _evaluation: Evaluation | None = field(default=None, repr=False, compare=False)

    def evaluation(self, prepared: Prepared) -> Evaluation:
        """Return the columns computed so far: what two templates ask for is computed once."""
        if self._evaluation is None or self._evaluation.prepared is not prepared:
            self._evaluation = Evaluation(prepared)
        return self._evaluation

    def ask(self, *columns: Node) -> None:
        """Note that the cohorts of some columns, crossed, are asked about."""
        self._asked[columns] = None

    def questions(self, measures: Sequence[Node] = ()) -> list[Node]:
        """Return what has been noted as questions to an engine of SQL, each on its own."""
        return [totals(self.table, columns, measures) for columns in self._asked]

    def plan(self, measures: Sequence[Node] = ()) -> tuple[Node, ...]:
        """Return the plan that answers them with shared work, for a reader or to run it."""
        return optimised(self.questions(measures))


def apart(families: Callable[P, Iterator[F]]) -> Callable[P, Iterator[F]]:
    """Let a function that yields families, and has an `Asking`, wait for counts of all events without its caller."""

    @wraps(families)
    def run(*args: P.args, **kwargs: P.kwargs) -> Iterator[F]:
        asking = next(each for each in (*args, *kwargs.values()) if isinstance(each, Asking))
        asking.whole.enter()
        try:
            yield from families(*args, **kwargs)
        except Waiting:  # its part has said its counts; the caller goes on with what does not need them
            return
        finally:
            asking.whole.leave()

    return run


class Template(Protocol):
    """A parameterised class of hypotheses; its parameters are its fields, its docstring is its card."""

    def families(self, prepared: Prepared, asking: Asking) -> Iterable[Family]:
        """Yield the families of the template over `prepared`; nothing where it has nothing to ask."""
        ...


template: Registry[Template] = Registry("template")


def hypothesis(name: str, params: Mapping[str, Value | tuple[str, ...]], words: str, sql: str = "") -> Hypothesis:
    """Return a hypothesis whose id is made of template and parameters alone.

    Examples
    --------
    >>> hypothesis("lifecycle", {"use": "second"}, "sessions that are their user's second").id
    'lifecycle-6b9a86467b'
    """
    plain = json.dumps(dict(params), sort_keys=True, ensure_ascii=False)
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return Hypothesis(f"{name}-{digest}", name, dict(params), words, sql)
