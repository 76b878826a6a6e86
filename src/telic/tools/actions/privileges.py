"""Privileges as state and actions write them: ``booking: SELECT, INSERT ON booking.bookings``."""

from __future__ import annotations

import re

from telic.model import State

MISSING = re.compile(r"^(?P<service>[\w-]+)\s*:\s*(?P<privileges>[A-Z, ]+?)\s+ON\s+(?P<table>[\w.]+)$")


def listed(privileges: str) -> tuple[str, ...]:
    """Split a list of privileges.

    Examples
    --------
    >>> listed("select, INSERT")
    ('SELECT', 'INSERT')
    """
    return tuple(each.strip().upper() for each in privileges.split(",") if each.strip())


def all_missing(state: State) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what stores lack of the designed grants: service and table to privileges."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for store in state.stores.values():
        for text in store.missing_grants:
            parts = MISSING.match(text.strip())
            if parts:
                key = (parts["service"], parts["table"])
                found[key] = (*found.get(key, ()), *listed(parts["privileges"]))
    return found


def missing(state: State, service: str, table: str) -> tuple[str, ...]:
    """Return which designed privileges `service` lacks on ``schema.table``."""
    return all_missing(state).get((service, table), ())
