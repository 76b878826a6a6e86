"""Sequences with gaps and time limits: a, and later b."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from telic.opportunities.language.build import time
from telic.opportunities.language.printer import stretch
from telic.opportunities.language.tree import Sequence
from telic.opportunities.model import Family, Hypothesis, Prepared
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.scanned import codes
from telic.opportunities.templates.tokens import alphabet, several
from telic.opportunities.templates.wording import A, B, Wording


@template("gapped", example={"within": "10m"})
@dataclass(frozen=True)
class Gapped:
    """Does one event come later than another, whatever lies between, and soon enough where a limit is given?

    All ordered pairs of frequent events, an event twice among them. N-grams see what comes directly after; this sees
    what comes at all.

    Parameters
    ----------
    within
        The longest time from the first to the second, such as ``10m``; "" for none.
    names
        Events that are asked about at most: those that most groups have.
    mapping
        What an event counts as, by name; several events can become one.
    ignore
        Events that are left out as if they had not happened.

    References
    ----------
    Agrawal and Srikant, "Mining sequential patterns" (1995); with gaps and windows: Srikant and Agrawal (1996).
    """

    within: str = ""
    names: int = 300
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))
        if self.within:
            time(self.within)

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield all pairs with enough groups."""
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        tokens = alphabet(prepared, asking, "gapped", most=self.names, mapping=self.mapping, ignore=self.ignore)
        limit = time(self.within) if self.within else None
        wording = Wording("gapped", prepared, asking, tokens)
        question = Sequence((A, B), ("..",), limit)
        params = {"within": stretch(limit)} if limit is not None else {}

        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, divmod(code, tokens.size), params)

        scan = Scan(
            prepared,
            "pairs",
            sequence.LATER,
            tokens.table,
            tokens.size,
            limit=-1 if limit is None else limit,
            threads=asking.threads,
        )
        yield from codes("gapped", scan, scan.counts(), asking, describe)
