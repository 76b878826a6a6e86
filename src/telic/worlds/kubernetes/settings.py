"""The configuration of services in a cluster: what a local world would write, with the cluster's names."""

from __future__ import annotations

from pathlib import Path

import msgspec

from telic.errors import UsageError
from telic.model import Design, Scalar, ServiceDesign
from telic.worlds.kubernetes.names import PORT
from telic.worlds.local import certificates, configuration
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.layout import Layout

STATE = Path("/state")  # where a pod finds its own secrets
STORES = {"postgres": 5432, "valkey": 6379, "nats": 4222}
FILE = "config.json"


def first(design: Design, service: ServiceDesign) -> dict[str, Scalar]:
    """Return the settings with which a service starts in a cluster for the first time."""
    secured = [each.name for each in design.services if certificates.asked(each)]
    if secured:
        raise UsageError(
            f"{', '.join(secured)} is to listen with TLS",
            hint="in a cluster that is a service mesh's work: leave it out",
        )
    names = [*service.callees, *service.stores]
    links = {f"{service.name}->{each}": {"a": STORES.get(each, PORT)} for each in names}
    layout, desired = Layout(STATE, STATE), Desired(design.system, design.hash, "", links=links)
    settings = configuration.first_settings(layout, design, service, desired)
    for callee in service.callees:
        settings[f"upstream.{callee}.host"] = callee
    for store in service.stores:
        settings[f"store.{store}.host"] = store
    return settings


def document(
    design: Design, service: ServiceDesign, settings: dict[str, Scalar], *, version: str, revision: int, telemetry: str
) -> str:
    """Return one revision of a service's configuration file.

    Parameters
    ----------
    telemetry
        Where services send OTLP; "": nowhere.
    """
    wiring = design.wiring
    desired = DesiredService(
        service.name,
        PORT,
        version=version,
        revision=revision,
        settings=settings,
        node=wiring.of_node(service.name),
        edges={f"{service.name}->{each}": wiring.of_edge(f"{service.name}->{each}") for each in service.callees},
    )
    content = configuration.document(
        design, Desired(design.system, design.hash, ""), desired, telemetry, telemetry=bool(telemetry)
    )
    content["listen"] = {"host": "0.0.0.0", "port": PORT}
    return msgspec.json.format(msgspec.json.encode(content), indent=1).decode()
