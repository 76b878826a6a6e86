"""Plans as SQL: one common table expression a relation."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from telic.opportunities.plan.columns import Names, partition, render
from telic.opportunities.plan.dialects import DUCKDB, Dialect
from telic.opportunities.plan.expressions import kind
from telic.opportunities.plan.node import Node, merge
from telic.opportunities.plan.relations import START, columns_of, events_of, relation_of

CALLED = {"reduce": "groups", "window": "ordered", "derive": "labelled", "where": "kept", "cells": "cells"}
"""What the common table expressions are called."""


def sql(root: Node, dialect: Dialect = DUCKDB) -> str:
    """Return the statement of one question.

    Of `totals` and `grouping_sets` the columns are: the cohort columns, the number of groups, the sums of measures; of
    grouping sets last the mask of columns that a row is not by, the first column the highest bit. Of `members`: the id.

    Examples
    --------
    >>> from telic.opportunities.plan import Table, attribute, equals, members
    >>> print(sql(members(Table(group="session"), equals(attribute("os"), "os_7"))))
    WITH groups AS (
      SELECT "session" AS group_id, any_value("os") AS "os"
      FROM events
      GROUP BY "session"
    )
    SELECT group_id
    FROM groups
    WHERE coalesce(CAST("os" AS VARCHAR) = 'os_7', false)
    """
    return _Statement(dialect).of(root)


@dataclass
class _Statement:
    """One statement being written."""

    dialect: Dialect
    names: Names = field(default_factory=Names)
    tables: dict[Node, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    def of(self, root: Node) -> str:
        read = relation_of(root)
        if root.op == "members" and read.op == "reduce":
            return textwrap.dedent(self._reduce(read, alone=True))
        kept = relation_of(read) if root.op == "members" and read.op == "where" else read
        for each in merge([kept]):
            if each.op in CALLED and not (each.op == "where" and relation_of(each).op in ("scan", "where")):
                self._add(each)
        table = self.tables[kept]
        if root.op == "members":
            last = f"SELECT group_id\nFROM {table}"
            if kept is not read:
                last += f"\nWHERE {self._render(columns_of(read)[0], available(kept))}"
        elif root.op == "totals":
            last = self._totals(root, table, root.whole("by"), ())
        else:
            last = self._totals(root, table, root.whole("columns"), root.several("sets"))
        return f"WITH {', '.join(self.parts)}\n{last}"

    def _add(self, node: Node) -> None:
        name = CALLED[node.op]
        taken = set(self.tables.values())
        table = next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)
        self.parts.append(f"{table} AS (\n{self._body(node)}\n)")
        self.tables[node] = table

    def _body(self, node: Node) -> str:
        if node.op == "reduce":
            return self._reduce(node)
        below = self.tables[relation_of(node)]
        if node.op == "cells":
            return "  " + self._totals(node, below, node.whole("columns"), ()).replace("\n", "\n  ")
        there = available(relation_of(node))
        if node.op == "where":
            return f"  SELECT * FROM {below} WHERE {self._render(columns_of(node)[0], there)}"
        made = [f"{self._render(each, there)} AS {self._name(each)}" for each in columns_of(node) if each not in there]
        lines = f"  SELECT {', '.join(['*', *made])}\n  FROM {below}"
        if node.op == "window":
            lines += f"\n  WINDOW users AS (PARTITION BY {partition(self.names.events)} ORDER BY {self._order()})"
        return lines

    def _reduce(self, node: Node, *, alone: bool = False) -> str:
        """Return the relation of groups; `alone` where it is the whole answer, and users order nothing."""
        conditions: list[str] = []
        below = relation_of(node)
        while below.op == "where":
            conditions.insert(0, self._render(columns_of(below)[0], frozenset()))
            below = relation_of(below)
        events = events_of(below)
        self.names.events = events
        columns = list(columns_of(node))
        group = self.dialect.quote(events.group)
        made = [f"{group} AS group_id"]
        if events.user and events.user in below.several("columns"):
            made.append(f"{self.dialect.some(self.dialect.quote(events.user))} AS user_id")
        elif not events.user and not alone:
            made.append(f"{group} AS user_id")
        made += [f"{self._render(each, frozenset())} AS {self._name(each)}" for each in columns]
        where = ([events.where] if events.where else []) + conditions
        return (
            f"  SELECT {', '.join(made)}\n  FROM {events.relation}\n"
            + (f"  WHERE {' AND '.join(f'({each})' for each in where)}\n" if len(where) > 1 else "")
            + (f"  WHERE {where[0]}\n" if len(where) == 1 else "")
            + f"  GROUP BY {group}"
        )

    def _totals(self, node: Node, table: str, by: int, sets: Sequence[object]) -> str:
        below = relation_of(node)
        columns, measures = columns_of(node)[:by], columns_of(node)[by:]
        quoted = [self._name(each) for each in columns]
        groups = self.dialect.quote("groups")
        if below.op == "cells":
            numbers = [groups, *(self._sum(i) for i in range(1, len(measures) + 1))]
        else:
            numbers = [self._number(each, available(below)) for each in measures]
        counted = f"sum({numbers.pop(0)})" if below.op == "cells" else "count(*)"
        made = [*quoted, f"{counted} AS {groups}"]
        made += [f"sum({number}) AS {self._sum(i)}" for i, number in enumerate(numbers, 1)]
        if not sets:
            return f"SELECT {', '.join(made)}\nFROM {table}\nGROUP BY {', '.join(quoted)}"
        made.append(f"{self.dialect.mask(', '.join(quoted))} AS mask")
        chosen = [f"({', '.join(quoted[i] for i in each)})" for each in sets]  # type: ignore[attr-defined]
        return f"SELECT {', '.join(made)}\nFROM {table}\nGROUP BY GROUPING SETS ({', '.join(chosen)})"

    def _sum(self, place: int) -> str:
        return self.dialect.quote(f"sum {place}")

    def _number(self, node: Node, there: frozenset[Node]) -> str:
        text = self._render(node, there)
        return f"CASE WHEN {text} THEN 1 ELSE 0 END" if kind(node) == "truth" else text

    def _order(self) -> str:
        """Return by what a user's groups are ordered: start, then id, the shorter first, so that numbers rise."""
        if self.names.events.numbered:
            return f"{self._name(START)}, group_id"
        text = self.dialect.as_text("group_id")
        return f"{self._name(START)}, {self.dialect.size(text)}, {text}"

    def _name(self, node: Node) -> str:
        return self.dialect.quote(self.names.of(node))

    def _render(self, node: Node, there: frozenset[Node]) -> str:
        return render(node, there, self.names, self.dialect)


def available(relation: Node) -> frozenset[Node]:
    """Return the columns that a relation of groups has."""
    found: set[Node] = set()
    while relation.op != "scan":
        if relation.op != "where":
            found.update(columns_of(relation))
        if relation.op == "reduce":
            break
        relation = relation_of(relation)
    return frozenset(found)
