"""Repeats, and retries before success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language.tree import Repeated, Retried
from telic.opportunities.model import Family, Hypothesis, Prepared, Value
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.scanned import steps
from telic.opportunities.templates.tokens import Alphabet, alphabet, several
from telic.opportunities.templates.wording import A, B, Wording


@template("retries", example={"times": (2, 3, 5)})
@dataclass(frozen=True)
class Retries:
    """Is an event repeated in a row, or tried several times before another succeeds?

    Two families: so many of an event directly after each other; and so many of an event since the last success, then
    the success. Whatever is a success is not known, so every frequent event is taken for one unless some are named.

    Parameters
    ----------
    times
        How often, at least; ascending, 2 or more.
    success
        Events that are a success; none: every one.
    names
        Events that are asked about at most: those that most groups have.
    mapping
        What an event counts as, by name.
    ignore
        Events that are left out as if they had not happened.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 3: stateful attributes, the number of retries before success.
    """

    times: tuple[int, ...] = (2, 3, 5, 10)
    success: tuple[str, ...] = ()
    names: int = 200
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))
        object.__setattr__(self, "success", several(self.success))
        object.__setattr__(self, "times", several(self.times))
        if not self.times or list(self.times) != sorted({*self.times}) or self.times[0] < 2:
            raise UsageError(f"retries: times {self.times} do not ascend from 2 or more", hint="such as (2, 3, 5)")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield repeats in a row, then retries before success."""
        tokens = alphabet(prepared, asking, "retries", most=self.names, mapping=self.mapping, ignore=self.ignore)
        yield from self._repeated(prepared, asking, tokens)
        yield from self._retried(prepared, asking, tokens)

    def _repeated(self, prepared: Prepared, asking: Asking, tokens: Alphabet) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        wording = Wording("retries", prepared, asking, tokens)
        questions = [Repeated(A, times) for times in self.times]

        def describe(token: int, step: int) -> Hypothesis:
            return wording.hypothesis(questions[step], (token,), {"times": self.times[step], "in": "a row"})

        ladder = np.array(self.times, dtype=np.int64) - 1
        scan = Scan(
            prepared, "singles", sequence.REPEATED, tokens.table, tokens.size, ladder=ladder, threads=asking.threads
        )
        yield from steps("retries", scan, scan.counts(), asking, describe)

    def _retried(self, prepared: Prepared, asking: Asking, tokens: Alphabet) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence_pairs
        from telic.opportunities.kernels.sequence_scan import Scan

        wording = Wording("retries", prepared, asking, tokens)
        questions = [Retried(A, times, B) for times in self.times]

        def describe(pair: int, step: int) -> Hypothesis:
            params: dict[str, Value | tuple[str, ...]] = {"times": self.times[step], "in": "tries"}
            return wording.hypothesis(questions[step], divmod(pair, tokens.size), params)

        ladder = np.array(self.times, dtype=np.int64) - 1
        scan = Scan(
            prepared, "pairs", sequence_pairs.RETRIED, tokens.table, tokens.size, ladder=ladder, threads=asking.threads
        )
        counts = scan.counts().reshape(tokens.size, tokens.size, len(ladder) + 1)
        if self.success:
            counts[:, [label not in self.success for label in tokens.labels]] = 0
        yield from steps("retries", scan, counts.reshape(-1), asking, describe)
