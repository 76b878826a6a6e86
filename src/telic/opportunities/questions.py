"""The families of a run: templates that fit, hypotheses that were stated, narrowed to a budget where one is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telic.errors import UsageError
from telic.opportunities import record
from telic.opportunities.ask import Ask, Progress, document
from telic.opportunities.generate import bandit, choose, memory, sizes
from telic.opportunities.generate.regions import tally
from telic.opportunities.language.file import Document
from telic.opportunities.language.place import Written
from telic.opportunities.language.stated import families as families_of
from telic.opportunities.language.tree import Stated
from telic.opportunities.model import Exclusion, Family, Hypothesis, Prepared
from telic.opportunities.template import Asking, Template


@dataclass(frozen=True)
class Questions:
    """What is asked.

    Parameters
    ----------
    tests
        How many tests each region has; empty where nothing is learned by region.
    """

    families: tuple[Family, ...]
    exclusions: tuple[Exclusion, ...]
    tests: dict[str, int]

    def learned(self, found: Sequence[Hypothesis]) -> dict[str, tuple[int, int]]:
        """Return tests and findings by region."""
        return tally(self.tests, found)


def templates(ask: Ask, stated: Document) -> list[tuple[str, Template]]:
    """Return the templates that are asked, by name: those named, else those of the file, else all.

    Raises
    ------
    UsageError
        No template of that name, or parameters that it does not have.
    """
    from telic.opportunities.language import file
    from telic.opportunities.templates import template

    for name in ask.skip:
        template.factory(name)
    named = [each for text in ask.templates for each in file.read_text(document(text), file="--template").made()]
    made = named or stated.made() or [(name, template.create(name)) for name in template]
    kept = [(name, each) for name, each in made if name not in ask.skip]
    if not kept and not stated.hypotheses:
        raise UsageError("no template is left to ask", hint=f"known: {', '.join(template)}")
    return kept


def questions(ask: Ask, stated: Document, prepared: Prepared, asking: Asking, progress: Progress) -> Questions:
    """Return the families of a run; each template's name is told to `progress`."""
    heard: list[Exclusion] = []
    asking.leave_out = heard.append
    chosen = templates(ask, stated)
    families: list[Family] = []
    for index, (name, each) in enumerate(chosen):
        progress(f"questions: {name}", index / len(chosen))
        families += [family for family in each.families(prepared, asking) if len(family)]
    families += list(families_of(stated.stated(), prepared, asking))
    if ask.model:
        progress("questions: language model", 1.0)
        proposed, rejected = proposals(ask, prepared)
        families += list(families_of(proposed, prepared, asking))
        heard += rejected
    tests: dict[str, int] = {}
    if ask.budget:
        progress("questions: choosing", 1.0)
        tests = sizes(families, asking.least)
        names = choose(memory(record.read(path) for path in ask.earlier), tests, ask.budget, seed=len(ask.earlier))
        left = sum(tests.values()) - sum(tests[name] for name in names)
        families = list(bandit.narrowed(families, names, asking.least))
        if left:
            heard.append(Exclusion("hypotheses", left, f"beyond the budget of {ask.budget:,} tests"))
        tests = {name: tests[name] for name in names}
    return Questions(tuple(families), tuple(heard), tests)


def proposals(ask: Ask, prepared: Prepared) -> tuple[list[tuple[Stated, Written]], list[Exclusion]]:
    """Return the hypotheses that a language model proposes, and what of its answer could not be used.

    Raises
    ------
    UsageError
        The model is not named as ``URL#NAME``.
    SourceFailed
        It does not answer.
    """
    from telic.llm import Endpoint, Message
    from telic.opportunities.generate.prompt import propose
    from telic.opportunities.language import parse_hypothesis

    model = Endpoint.of(ask.model, ask.model_key)
    found = propose(prepared, lambda text: model.ask([Message("user", text)]).text, wish=ask.wish)
    written = [Written(each, "the language model") for each in found.hypotheses]
    left = [
        Exclusion("hypotheses", 1, f"of the language model: {why.splitlines()[0]}", (text,))
        for text, why in found.rejected
    ]
    return [(parse_hypothesis(each), each) for each in written], left
