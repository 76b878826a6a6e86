"""Parts of events, asked in rounds, count what the whole counts: every template."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow
import pytest
from tests.opportunities.templates.small import small

from telic.opportunities.language import Events, kpi
from telic.opportunities.model import Prepared
from telic.opportunities.plan import Table
from telic.opportunities.read import Columns
from telic.opportunities.read.source import Rows
from telic.opportunities.scale.conform import conformed, facts, joined
from telic.opportunities.scale.rounds import Round, answer, rounds
from telic.opportunities.store.assemble import assemble
from telic.opportunities.template import Asking, Template
from telic.opportunities.templates import template

pa: Any = pyarrow
COLUMNS = Columns(
    "time", "event", "group", "user", ("country", "os", "version", "page", "url"), ("price",)
)  # fmt: skip
KPIS = ("paid: session has 'e'", "value: sum of price")
LEAST = 4


def read(table: Any) -> Prepared:
    return assemble(Rows("events", table), COLUMNS, grouping="session", progress=lambda _: None).prepared()


def parts(table: Any, many: int) -> list[Any]:
    """Return the rows of whole users, none in the last part."""
    place = np.asarray(table.column("user").to_numpy()) % many
    return [table.filter(pa.array(place == number)) for number in range(many)]


def alone(each: Template, events: Prepared) -> dict[str, tuple[int, ...]]:
    values = [kpi(text, Events(events)).values for text in KPIS]
    found: dict[str, tuple[int, ...]] = {}
    for family in each.families(events, Asking(least=LEAST)):
        support = family.support()
        known = [family.totals((~np.isnan(value)).astype(float)) for value in values]
        totals = [family.totals(np.nan_to_num(value)) for value in values]
        for row in range(len(family)):
            if support[row] >= LEAST:
                counts = [support[row], *(v[row] for v in known), *(v[row].round(6) for v in totals)]
                found[family.hypothesis(row).id] = tuple(counts)
    return found


@pytest.mark.parametrize("name", list(template))
def test_parts_count_what_the_whole_counts(name: str) -> None:
    rows = small(seed=3, groups=240).events
    events = read(rows)
    for made, asks in ((template.create(name), False), (template.create(name, **template.examples[name]), True)):
        each = [read(part) for part in parts(rows, 3) if len(part)]
        all_of = joined([facts(part, COLUMNS.attributes) for part in each])
        alike = [conformed(part, all_of) for part in each]
        assert all_of.groups == events.size

        def ask(asked: Round, alike: list[Prepared] = alike) -> list[Any]:
            return [answer(part, asked, first=number == 0) for number, part in enumerate(alike)]

        found = rounds(ask, Round({0: made}, KPIS, LEAST, all_of.groups, Table()))[0]
        table = np.vstack([found.support, found.known, found.totals.round(6)]).T
        counted = {each.id: tuple(row) for each, row in zip(found.hypotheses, table.tolist(), strict=True)}
        wanted = alone(made, events)
        assert wanted or not asks
        assert {key: pytest.approx(value) for key, value in wanted.items()} == counted
