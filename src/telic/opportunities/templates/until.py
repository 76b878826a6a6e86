"""A until B: an event again and again, until another ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from telic.opportunities.language.tree import Until as Pattern
from telic.opportunities.model import Family, Hypothesis, Prepared
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.scanned import codes
from telic.opportunities.templates.tokens import alphabet, several
from telic.opportunities.templates.wording import A, B, Wording


@template("until", example={"ignore": ()})
@dataclass(frozen=True)
class Until:
    """Does one event happen several times in a row, and then this other?

    The strong until of linear temporal logic over a group's events, of two A or more: reload, reload, reload, close.
    How often does not matter, which sets it apart from an n-gram.

    Parameters
    ----------
    names
        Events that are asked about at most: those that most groups have.
    mapping
        What an event counts as, by name.
    ignore
        Events that are left out as if they had not happened.

    References
    ----------
    Pnueli, "The temporal logic of programs" (1977); "Surfacing Opportunities for Improvement", section 6.
    """

    names: int = 1000
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield all pairs with enough groups."""
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        tokens = alphabet(prepared, asking, "until", most=self.names, mapping=self.mapping, ignore=self.ignore)
        wording = Wording("until", prepared, asking, tokens)
        question = Pattern(A, B)

        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, divmod(code, tokens.size))

        scan = Scan(prepared, "adjacent", sequence.UNTIL, tokens.table, tokens.size, threads=asking.threads)
        yield from codes("until", scan, scan.counts(), asking, describe)
