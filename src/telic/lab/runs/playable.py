"""What can be said of episodes before a run is made: which of them no world could play."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telic.errors import TelicError, UsageError
from telic.lab import brought, meanings
from telic.lab.cluster import plays
from telic.lab.made_up import made_up
from telic.lab.scenario import Placed, Scenario
from telic.lab.session import loading
from telic.lab.session.record import WorldKind
from telic.model import Design
from telic.registry import near_names
from telic.settings import Settings
from telic.worlds.brought import folder_of
from telic.worlds.load.shapes import read_shape


def require_playable(scenarios: Sequence[Scenario], worlds: Iterable[WorldKind]) -> None:
    """Refuse scenarios that name what is not there, and a kind of world that can play none of them.

    What a fault needs of a world that runs (a place where users are hurt) only playing shows.

    Raises
    ------
    UsageError
        No such workload, shape or trace of a load, no such service; or a world that has none of the faults.
    """
    played = [each for each in scenarios if not each.recording]
    for each in played:
        try:
            _check(each)
        except TelicError as error:
            raise UsageError(f"scenario {each.name}: {error}", hint=error.hint) from error
    kinds = list(worlds)
    for each in played:
        if folder_of(each.app) and "local" not in kinds:
            brought.refuse_elsewhere(f"scenario {each.name}: {each.app}", kinds[0] if kinds else "simulated")
    if "kubernetes" in kinds:
        _require_clustered([each for each in played if not folder_of(each.app)])
    if "queueing" in kinds:
        _require_modelled([each for each in played if not folder_of(each.app)])


def _check(scenario: Scenario) -> None:
    read_shape(scenario.workload.shape, 1.0)
    if made_up(scenario.app):
        return
    design = loading.prepared(scenario)
    names = [name for each in design.workloads for name in (each.id, each.name)]
    if scenario.workload.name not in names:
        raise UsageError(f"no workload {scenario.workload.name!r}", hint=near_names(scenario.workload.name, names))
    if folder_of(scenario.app):
        _check_brought(scenario)
    for each in scenario.faults:
        _check_place(each, design)


def _check_brought(scenario: Scenario) -> None:
    for each in scenario.faults:
        brought.require(each.kind)
    if any(each.kind == "decoy" for each in scenario.noise):
        raise UsageError(
            "a decoy is a deploy or a setting, and the programs of a brought system have neither",
            hint='leave it out, or write kind = "red-herring"',
        )


def _require_modelled(scenarios: Sequence[Scenario]) -> None:
    """Refuse scenarios of which the queueing model can play none."""
    kinds = [[each.kind for each in scenario.faults] for scenario in scenarios]
    if scenarios and not any(all(map(meanings.words, each)) for each in kinds):
        for each in kinds[0]:
            meanings.require(each)


def _require_clustered(scenarios: Sequence[Scenario]) -> None:
    """Refuse scenarios of which a cluster can play none, and a run without an image."""
    refused: list[UsageError] = []
    for each in scenarios:
        try:
            plays.require_all(each.faults, each.noise, each.app)
        except UsageError as error:
            refused.append(UsageError(f"scenario {each.name}: {error}", hint=error.hint))
    if refused and len(refused) == len(scenarios):
        raise refused[0]
    if scenarios:
        plays.require_image(Settings.read(), scenarios[0].app)


def _check_place(fault: Placed, design: Design) -> None:
    service, known = fault.params.get("service"), [each.name for each in design.services]
    if service is not None and service not in known:
        what = f"{fault.kind}: {design.system} has no service {service!r}"
        raise UsageError(what, hint=near_names(str(service), known))
