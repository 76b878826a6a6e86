"""Brings desired state in line with a design: ports, links, versions, settings, policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from telic.errors import InvalidDesign, InvalidRecord
from telic.model import Design, Scalar, ServiceDesign, load
from telic.worlds.local import configuration, releases
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.layout import Layout
from telic.worlds.local.ports import Ports

USER = "users"


def read_design(folder: Path) -> Design:
    """Read the design in `folder`.

    Raises
    ------
    InvalidDesign
        There is none, or it is damaged.
    """
    path = folder / "design.json"
    try:
        return replace(load(Design, path.read_bytes(), schema="telic/design/v1"), folder=folder)
    except (OSError, InvalidRecord) as error:
        raise InvalidDesign(f"no design in {folder}: {error}", hint="generate it with `telic design`") from error


def all_edges(design: Design) -> list[str]:
    """Return the name of every edge, the users' included."""
    return [f"{USER}->{design.entry}", *dict.fromkeys(f"{caller}->{callee}" for caller, callee in design.edges)]


def reconcile(
    old: Desired | None, design: Design, layout: Layout, *, free: Callable[[int], bool] | None = None
) -> Desired:
    """Return desired state for `design`: what `old` had stays where the design still has a place for it.

    New code becomes a new version. Ports stay unless somebody took them meanwhile; `free` says of a port whether
    one can listen there (default: by trying).
    """
    desired = old or Desired(design.system, design.hash, str(design.folder))
    kept = [*desired.stores.values(), *(port for ports in desired.links.values() for port in ports.values())]
    kept += [each.port for each in desired.services.values()]
    ports = Ports(kept, free)
    moved = _settle_ports(desired, design, ports)
    same = old is not None and desired.design == design.hash
    services = {}
    for each in design.services:
        known = desired.services.get(each.name)
        service = _known(known, layout, ports) if known else _new(each, design, layout, ports)
        _update(service, each, design, layout, desired, moved, same=same and known is not None)
        services[each.name] = service
    desired.services = services
    desired.design, desired.design_folder = design.hash, str(design.folder)
    return desired


def differs_in_shape(desired: Desired, design: Design) -> bool:
    """Whether `design` has other services, edges or stores than what runs."""
    return (
        set(desired.services) != {each.name for each in design.services}
        or set(desired.links) != set(all_edges(design))
        or set(desired.stores) != set(design.stores)
    )


def _settle_ports(desired: Desired, design: Design, ports: Ports) -> dict[int, int]:
    """Give every link and store a port that is free; return old to new for those that had to move."""
    moved: dict[int, int] = {}

    def settle(port: int | None) -> int:
        if port is not None and ports.is_free(port):
            return port
        fresh = ports.allocate()
        if port is not None:
            moved[port] = fresh
        return fresh

    links = desired.links
    desired.links = {
        edge: {name: settle(links.get(edge, {}).get(name)) for name in ("a", "b")} for edge in all_edges(design)
    }
    desired.stores = {store: settle(desired.stores.get(store)) for store in design.stores}
    return moved


def _known(service: DesiredService, layout: Layout, ports: Ports) -> DesiredService:
    gone = [each for each in service.versions if not layout.release(service.name, each).is_dir()]
    if service.version in gone:
        hint = "put it back from a copy, or discard this system's state with `telic up --fresh`"
        raise InvalidRecord(f"{layout.release(service.name, service.version)} is missing", hint=hint)
    service.versions = [each for each in service.versions if each not in gone]
    if not ports.is_free(service.port):
        service.port = ports.allocate()
    return service


def _new(service: ServiceDesign, design: Design, layout: Layout, ports: Ports) -> DesiredService:
    releases.copy_release(layout, design.folder, service.name, service.version)
    code = releases.code_hash(design.folder, service.name)
    return DesiredService(service.name, ports.allocate(), service.version, [service.version], code)


def _update(
    service: DesiredService,
    wanted: ServiceDesign,
    design: Design,
    layout: Layout,
    desired: Desired,
    moved: dict[int, int],
    *,
    same: bool,
) -> None:
    code = releases.code_hash(design.folder, service.name)
    if code != service.source:
        version = service.next_version
        releases.copy_release(layout, design.folder, service.name, version)
        service.version, service.source = version, code
        service.versions.append(version)
    first = configuration.first_settings(layout, design, wanted, desired)
    service.settings = {
        **first,
        **{key: _moved(value, key, moved) for key, value in service.settings.items() if key in first},
    }
    if not same:
        service.node = design.wiring.of_node(service.name)
        names = [f"{service.name}->{callee}" for callee in (*wanted.callees, *wanted.stores)]
        service.edges = {name: design.wiring.of_edge(name) for name in names}


def _moved(value: Scalar, key: str, moved: dict[int, int]) -> Scalar:
    return moved.get(value, value) if key.endswith(".port") and isinstance(value, int) else value
