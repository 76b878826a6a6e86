"""One question with blanks for tokens: said in words and in SQL for each hypothesis of a family, quickly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from telic.opportunities.language.algebra import Value
from telic.opportunities.language.sql import sql
from telic.opportunities.language.tree import Has, Pattern, Selector
from telic.opportunities.language.words import clause
from telic.opportunities.model import Hypothesis, Prepared
from telic.opportunities.model import Value as Param
from telic.opportunities.plan.dialects import DUCKDB
from telic.opportunities.template import Asking, hypothesis
from telic.opportunities.templates.phrases import shown, whom
from telic.opportunities.templates.tokens import Alphabet

BLANKS = tuple(Selector((f"\x00{letter}",)) for letter in "abcdefgh")
"""What stands for tokens in a question."""
A, B = BLANKS[:2]


class Wording:
    """Says the hypotheses of a template.

    Parameters
    ----------
    template
        Its name.
    tokens
        What blanks stand for.
    """

    def __init__(self, template: str, prepared: Prepared, asking: Asking, tokens: Alphabet) -> None:
        self._template, self._prepared, self._asking, self._tokens = template, prepared, asking, tokens
        self._asked: dict[object, tuple[str, str]] = {}

    def hypothesis(
        self,
        question: Value | Pattern,
        blanks: tuple[int, ...],
        params: Mapping[str, Param | tuple[str, ...]] | None = None,
    ) -> Hypothesis:
        """Return a hypothesis: a question, the tokens for its blanks, and the parameters besides the events."""
        words, text = self._of(question)
        for blank, token in zip(BLANKS, blanks, strict=False):
            mark = f"'{blank.names[0]}'"
            words = words.replace(mark, self._shown[token])
            text = text.replace(mark, self._literals[token])
        events = tuple(self._tokens.labels[each] for each in blanks)
        said = {"events": events, **self._joined(blanks), **self._fixed, **(params or {})}
        return hypothesis(self._template, said, words, text)

    def _joined(self, blanks: tuple[int, ...]) -> dict[str, Param | tuple[str, ...]]:
        """Return the events behind tokens that are not called like their only event, by place from 1."""
        names, labels = self._tokens.names, self._tokens.labels
        return {f"{at} is": names[each] for at, each in enumerate(blanks, 1) if names[each] != (labels[each],)}

    @cached_property
    def _shown(self) -> list[str]:
        return [shown(each) for each in self._tokens.labels]

    @cached_property
    def _literals(self) -> list[str]:
        return [", ".join(map(DUCKDB.literal, each)) for each in self._tokens.names]

    @cached_property
    def _fixed(self) -> dict[str, Param | tuple[str, ...]]:
        """Parameters that all hypotheses share: what is left out, which changes what they mean."""
        ignoring = self._tokens.ignoring
        return {} if ignoring is None else {"ignore": ignoring.names}

    def _of(self, question: Value | Pattern) -> tuple[str, str]:
        if question not in self._asked:
            value = (
                question
                if isinstance(question, Value)
                else Has(self._prepared.grouping, question, self._tokens.ignoring)
            )
            self._asked[question] = (whom(self._prepared, [clause(value)]), sql(value, self._asking.table))
        return self._asked[question]
