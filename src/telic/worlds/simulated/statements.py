"""Which statements each method of a service's SQL store runs, what they cost the database and what they need."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from telic.runtime.statements import Cost, Statement

CPU_OF_BASE = 0.4  # share of a statement's base time that the database computes; the rest is round trip and disk [1]
PER_STEP = 0.0000015  # for each row of a generated series that is hashed and sorted; measured [s]
PROXY = 0.0002  # there and back through the proxy that carries every link; measured, as the next two [s]
UNFLUSHED = 0.0003  # base time of a write whose transaction waits for the disk only when it commits [s]
BEGIN_TIME = 0.00035  # round trip of BEGIN [s]
_COMMITTED = Statement("COMMIT", "COMMIT", Cost(base=0.0006, writes=True))
_NAME = r'"?([a-z_][a-z0-9_]*)"?\."?([a-z_][a-z0-9_]*)"?'
_SERIES = re.compile(r"\bgenerate_series\s*\(\s*1\s*,\s*(\d+)\s*\)", re.IGNORECASE)
_SLEEP = re.compile(r"\bpg_sleep\s*\(\s*(\d+(?:\.\d+)?)\s*\)", re.IGNORECASE)
_LOCK = re.compile(r"\bpg_advisory_xact_lock\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
_NEEDS = (
    (re.compile(rf"\bINSERT\s+INTO\s+{_NAME}", re.IGNORECASE), ("INSERT",)),
    (re.compile(rf"\bUPDATE\s+{_NAME}", re.IGNORECASE), ("UPDATE", "SELECT")),
    (re.compile(rf"\bDELETE\s+FROM\s+{_NAME}", re.IGNORECASE), ("DELETE", "SELECT")),
    (re.compile(rf"(?<!DELETE )\b(?:FROM|JOIN)\s+{_NAME}", re.IGNORECASE), ("SELECT",)),
)
_UPSERT = re.compile(r"\bON\s+CONFLICT\b.*\bDO\s+UPDATE\b", re.IGNORECASE | re.DOTALL)
_READS_BACK = re.compile(r"\bRETURNING\b|\bON\s+CONFLICT\s*\(", re.IGNORECASE)
_FOR_UPDATE = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Charge:
    """One statement as the simulated database sees it."""

    statement: Statement
    travel: float  # round trip, and the disk where it writes [s]
    cpu: float  # of one core [s]
    needs: tuple[tuple[str, str], ...]  # schema.table and privilege
    locks: str = ""  # the advisory lock that it holds until its transaction ends


@dataclass(frozen=True, eq=False)
class Plan:
    """What one method of a store asks of the database."""

    method: str
    charges: tuple[Charge, ...]
    transaction: bool = False
    travel: float = 0.0  # of all together [s]
    cpu: float = 0.0  # of all together [s]
    locked: bool = False  # calls may have to wait for each other
    quick: bool = False  # one statement that locks nothing

    @property
    def reads(self) -> bool:
        """Whether a replica can answer all of it."""
        return bool(self.charges) and not self.transaction and all(each.statement.reads for each in self.charges)


def charge(statement: Statement, *, indexed: bool = True, within: bool = False) -> Charge:
    """Return what a statement costs and needs, `within` a transaction perhaps; what a deploy wrote into it counts.

    Examples
    --------
    >>> charge(Statement("a.b", "SELECT md5(n::text) FROM generate_series(1, 100000) AS n")).cpu > 0.15
    True
    """
    cost, sql = statement.cost, statement.sql
    base = min(cost.base, UNFLUSHED) if within and cost.writes else cost.base
    computed = cost.seconds(indexed=indexed) - cost.base + CPU_OF_BASE * base
    steps = math.prod(int(each) for each in _SERIES.findall(sql)) if _SERIES.search(sql) else 0
    slept = sum(float(each) for each in _SLEEP.findall(sql))
    lock = _LOCK.search(sql)
    return Charge(
        statement,
        travel=(1 - CPU_OF_BASE) * base + slept + PROXY,
        cpu=computed + steps * PER_STEP,
        needs=tuple(sorted(set(_needs(sql)))),
        locks=lock.group(1) if lock else "",
    )


def plan(method: str, charges: tuple[Charge, ...], *, transaction: bool = False) -> Plan:
    """Return the plan of a method that runs `charges` one after the other; a transaction ends with a COMMIT."""
    if transaction:
        charges = (*charges, charge(_COMMITTED))
    return Plan(
        method,
        charges,
        transaction,
        travel=sum(each.travel for each in charges) + (BEGIN_TIME if transaction else 0.0),
        cpu=sum(each.cpu for each in charges),
        locked=any(each.locks for each in charges),
        quick=len(charges) == 1 and not charges[0].locks,
    )


def plans(
    source: str, class_name: str, constants: Mapping[str, Statement], indexes: frozenset[str] = frozenset()
) -> dict[str, Plan]:
    """Return the plan of every method of a store class by name.

    Parameters
    ----------
    source
        Text of ``store.py`` as it was deployed.
    class_name
        ``PostgresBookingStore``.
    constants
        The statements of the module by the names that its methods use.
    indexes
        What indexes there are; empty: all.
    """
    found: dict[str, Plan] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for each in node.body:
                if isinstance(each, ast.AsyncFunctionDef):
                    whole = _opens_transaction(each)
                    run = [constants[name] for name in _constants(each, constants)]
                    charges = (charge(one, indexed=_has(indexes, one.cost.index), within=whole) for one in run)
                    found[each.name] = plan(each.name, tuple(charges), transaction=whole)
    return found


def _constants(node: ast.AST, known: Mapping[str, Statement]) -> Iterator[str]:
    """Return the statements that a method usually runs, in order; of ``a and b`` only the first is sure to be asked."""
    if isinstance(node, ast.BoolOp):
        yield from _constants(node.values[0], known)
        return
    if isinstance(node, ast.Name) and node.id in known:
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _constants(child, known)


def _has(indexes: frozenset[str], index: str) -> bool:
    return not indexes or not index or index in indexes


def _opens_transaction(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == "transaction" for each in ast.walk(node))


def _needs(sql: str) -> Iterator[tuple[str, str]]:
    for pattern, privileges in _NEEDS:
        for schema, table in pattern.findall(sql):
            name = f"{schema}.{table}"
            yield from ((name, each) for each in privileges)
            if privileges == ("INSERT",):
                if _UPSERT.search(sql):
                    yield name, "UPDATE"
                if _READS_BACK.search(sql):
                    yield name, "SELECT"
            if privileges == ("SELECT",) and _FOR_UPDATE.search(sql):
                yield name, "UPDATE"
