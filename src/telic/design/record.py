"""From the plan to the record that worlds read: services, tables, grants, wiring."""

from __future__ import annotations

from telic.design.defaults import default_wiring
from telic.design.draft import GATEWAY
from telic.design.plan import ServicePlan, SystemPlan, TablePlan
from telic.model.design import Design, Grant, ServiceDesign, Table
from telic.model.intent import Intent

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")


def design_record(plan: SystemPlan, intent: Intent) -> Design:
    """Return the design of `intent`, not yet hashed."""
    services = tuple(_service(each) for each in plan.services)
    stores = tuple(dict.fromkeys(store for each in services for store in each.stores))
    grants = tuple(grant for each in plan.services for grant in _grants(each))
    return Design(
        system=intent.system,
        intent_hash=intent.hash,
        services=services,
        stores=tuple(sorted(stores)),
        grants=grants,
        wiring=default_wiring(services, intent),
        objectives=intent.objectives,
        workloads=intent.workloads,
        entry=GATEWAY,
        staleness=intent.staleness,
        max_processes=intent.max_processes,
    )


def _service(plan: ServicePlan) -> ServiceDesign:
    return ServiceDesign(
        name=plan.name,
        kind=plan.kind,
        owns=tuple(each.name for each in plan.entities),
        operations=tuple(each.operation for each in plan.operations),
        tables=tuple(_table(each) for each in plan.tables),
        stores=plan.stores,
        capacity=plan.capacity,
        settings=plan.settings,
    )


def _table(plan: TablePlan) -> Table:
    indexes = tuple(f"{each.name} ({each.columns}){' unique' if each.unique else ''}" for each in plan.indexes)
    return Table(plan.name, {each.name: each.type for each in plan.columns}, plan.key, indexes)


def _grants(plan: ServicePlan) -> list[Grant]:
    return [
        Grant(plan.name, table.full_name, tuple(each for each in PRIVILEGES if each in plan.uses[table.name]))
        for table in plan.tables
        if table.name in plan.uses
    ]
