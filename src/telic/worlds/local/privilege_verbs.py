"""The verbs ``grant`` and ``revoke``."""

from __future__ import annotations

from telic.errors import ActionRefused, InvalidDesign
from telic.model import OPERATOR, Action, Undo
from telic.registry import near_names
from telic.worlds.local import database
from telic.worlds.local.plan import Plan, service_named, summary
from telic.worlds.local.system import PrivilegeVerb, System


async def grant(system: System, action: Action) -> Plan:
    """Give back what the design grants and the database does not hold."""
    service, table, wanted = _privileges(system, action)
    declared = [each.privileges for each in system.design.grants if (each.service, each.table) == (service, table)]
    allowed = {privilege for privileges in declared for privilege in privileges}
    if wanted == database.PRIVILEGES:  # ALL means what the design grants
        wanted = tuple(each for each in wanted if each in allowed)
    if not set(wanted) <= allowed:
        raise ActionRefused(
            f"the design does not grant {', '.join(sorted(set(wanted) - allowed))} on {table} to {service}",
            hint="change the design",
        )
    have = await system.held(service, table)
    lacking = ", ".join(each for each in wanted if each not in have)
    if not lacking:
        raise ActionRefused(f"{service} holds {', '.join(wanted)} on {table} already", hint="nothing to change")
    undo = Undo(Action("revoke", service, {"table": table, "privileges": lacking}, "undo"))
    return _plan(system, action, ("GRANT", service, table, lacking), undo)


async def revoke(system: System, action: Action) -> Plan:
    """Take privileges that are held: the undo of a grant."""
    service, table, wanted = _privileges(system, action)
    have = await system.held(service, table)
    taken = ", ".join(each for each in wanted if each in have)
    if not taken:
        raise ActionRefused(f"{service} holds none of {', '.join(wanted)} on {table}", hint="nothing to change")
    undo = Undo(Action("grant", service, {"table": table, "privileges": taken}, "undo"))
    return _plan(system, action, ("REVOKE", service, table, taken), undo)


def _plan(system: System, action: Action, change: tuple[PrivilegeVerb, str, str, str], undo: Undo) -> Plan:
    statement = database.privilege_statement(*change)

    async def run() -> None:
        await system.change_privileges(*change)
        system.record("grant", action.target, summary(action), author=OPERATOR, diff=statement)

    return Plan(statement, run, undo)


def _privileges(system: System, action: Action) -> tuple[str, str, tuple[str, ...]]:
    service, table = service_named(system, action.target).name, str(action.params.get("table", ""))
    known = sorted({each.table for each in system.design.grants if each.service == service})
    if table not in known:
        raise ActionRefused(f"the design gives {service} no table {table!r}", hint=near_names(table, known))
    try:
        return service, table, database.parse_privileges(str(action.params.get("privileges", "ALL")))
    except InvalidDesign as error:
        raise ActionRefused(str(error), hint=error.hint) from error
