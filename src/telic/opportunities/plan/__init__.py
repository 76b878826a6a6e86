"""Plans: what one row a group can say, as columns equal by value, merged, and lowered to arrays or SQL."""

from __future__ import annotations

from telic.opportunities.plan.arrays import Evaluation, crossed
from telic.opportunities.plan.dialects import CLICKHOUSE, DIALECTS, DUCKDB
from telic.opportunities.plan.expressions import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    any_of,
    at,
    at_least,
    attribute,
    bins,
    both,
    choice,
    cross,
    end,
    equals,
    event_attribute,
    event_number,
    events,
    greatest,
    highest,
    index,
    minus,
    name,
    negated,
    of_user,
    one_of,
    plus,
    previous,
    recent,
    remainder,
    smallest,
    start,
    whole_part,
)
from telic.opportunities.plan.node import Node, merge
from telic.opportunities.plan.passes import optimised
from telic.opportunities.plan.picture import picture
from telic.opportunities.plan.relations import members, totals
from telic.opportunities.plan.run import members_sql, run
from telic.opportunities.plan.sql import sql
from telic.opportunities.plan.table import Table
from telic.opportunities.plan.text import printed

__all__ = [
    "CLICKHOUSE",
    "DAY",
    "DIALECTS",
    "DUCKDB",
    "HOUR",
    "MINUTE",
    "SECOND",
    "Evaluation",
    "Node",
    "Table",
    "any_of",
    "at",
    "at_least",
    "attribute",
    "bins",
    "both",
    "choice",
    "cross",
    "crossed",
    "end",
    "equals",
    "event_attribute",
    "event_number",
    "events",
    "greatest",
    "highest",
    "index",
    "members",
    "members_sql",
    "merge",
    "minus",
    "name",
    "negated",
    "of_user",
    "one_of",
    "optimised",
    "picture",
    "plus",
    "previous",
    "printed",
    "recent",
    "remainder",
    "run",
    "smallest",
    "sql",
    "start",
    "totals",
    "whole_part",
]
