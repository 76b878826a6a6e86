"""Configuration files of services: built from desired state, written atomically, every revision kept."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from telic.model import Design, Scalar, ServiceDesign, plain
from telic.model.design import store_key
from telic.worlds.local import certificates
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.layout import Layout, write_atomically
from telic.worlds.local.secret_files import secret, secret_path

POOL = 3  # database connections of one instance [1]; 2-4 measured best
TOKEN_SECRET = "token.key"
SECRET_KEYS = (
    "store.postgres.password_file",
    "store.nats.password_file",
    "token.key_file",
)  # hold names of files, never secrets


def first_settings(layout: Layout, design: Design, service: ServiceDesign, desired: Desired) -> dict[str, Scalar]:
    """Return the settings with which a service starts for the first time."""
    settings: dict[str, Scalar] = {"log.level": "INFO", "token.key_file": str(secret_path(layout, TOKEN_SECRET))}
    settings |= {"request.quota": 0.0, "probe.alive_within": 0.0}
    settings |= {f"feature.{each.name}": True for each in service.operations}
    for callee in (each for each in service.callees if f"{service.name}->{each}" in desired.links):
        settings[f"upstream.{callee}.host"] = "127.0.0.1"
        settings[f"upstream.{callee}.port"] = desired.links[f"{service.name}->{callee}"]["a"]
    for store in service.stores:
        settings[f"{store_key(store)}.host"] = "127.0.0.1"
        settings[f"{store_key(store)}.port"] = desired.links[f"{service.name}->{store}"]["a"]
    if "postgres" in service.stores:
        settings["store.postgres.database"] = design.system
        settings["store.postgres.user"] = service.name
        settings["store.postgres.password_file"] = str(secret_path(layout, service.name))
        settings["store.postgres.pool"] = POOL
    if "nats" in service.stores:
        settings["store.nats.user"] = service.name
        settings["store.nats.password_file"] = str(secret_path(layout, f"nats.{service.name}"))
    return {**settings, **certificates.settings(layout, design, service), **service.settings}


def port_key(service: ServiceDesign, callee: str) -> str:
    """Return the setting that says at which port `service` reaches `callee`."""
    return f"{store_key(callee)}.port" if callee in service.stores else f"upstream.{callee}.port"


def document(
    design: Design, desired: Desired, service: DesiredService, endpoint: str, *, telemetry: bool = True
) -> dict[str, object]:
    """Return the configuration file of a service's running instance."""
    capacity = design.service(service.name).capacity
    return {
        "schema": "telic/config/v1",
        "system": design.system,
        "service": service.name,
        "version": service.version,
        "revision": service.revision,
        "listen": {"host": "127.0.0.1", "port": service.port},
        "settings": dict(service.settings),
        "wiring": {
            "node": plain(service.node),
            "edges": {name: plain(policy) for name, policy in service.edges.items()},
        },
        "capacity": {"slots": capacity.slots, "service_time": capacity.service_time} if capacity else None,
        "telemetry": {"endpoint": endpoint, "enabled": telemetry, "interval": 0.5},
    }


def scale_capacity(content: dict[str, object], share: float) -> None:
    """Give a service `share` [1] of the slots that its configuration declares; one slot always stays."""
    declared = content.get("capacity")
    if share != 1.0 and isinstance(declared, dict):
        content["capacity"] = {**declared, "slots": max(1, round(declared["slots"] * share))}


def write_configuration(layout: Layout, content: Mapping[str, object], instance: str) -> None:
    """Write a configuration as the service's current one, as a revision and for the instance that reads it."""
    service = str(content["service"])
    data = msgspec.json.format(msgspec.json.encode(content), indent=1)
    for name in (str(content["revision"]), "current", instance):
        write_atomically(layout.config(service, name), data)


def revision_settings(layout: Layout, service: str, revision: str) -> dict[str, Scalar]:
    """Return the settings of an earlier revision; empty when it is not kept."""
    try:
        found = msgspec.json.decode(layout.config(service, revision).read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return dict(found["settings"])


def make_token_secret(layout: Layout) -> None:
    """Make the key that signs users' tokens, if there is none."""
    secret(layout, TOKEN_SECRET)
