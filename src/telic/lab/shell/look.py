"""What a shell is shown of a running system: code, configuration, logs and processes, as in its state folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telic.lab.shell import fresh, stores
from telic.lab.shell.processes import Shown
from telic.lab.shell.room import PROCESSES
from telic.lab.shell.tree import Tree
from telic.model import ServiceState, State
from telic.model.redaction import redact_value
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout

ROOT = "/srv"  # what the shell sees instead of the state folder
PORT = 8080  # at which every service answers there
LOG_BYTES = 1 << 16  # of a log's end [bytes]
CONFIG = ("service", "version", "revision", "listen", "settings", "wiring")  # of what an instance is started with
README = f"""{{system}}: what its processes were started with and what they printed.

{ROOT}/config/NAME    configuration of a service: `current`, each revision, each instance; secrets are hidden
{ROOT}/log            what services and stores printed last; log records of services are in the telemetry
{ROOT}/releases/NAME  the code of every version; `current` is the one that runs
{ROOT}/stores/NAME    what it says of itself: sessions, locks, tables, indexes, ... when the command began
/proc               processes of services and stores, at most half a second old, and the command's own
http://NAME:{PORT}    a service itself

Each command starts afresh, and /tmp is its own. Nothing here changes the system: actions do.
"""
Clean = Callable[[str], str]


@dataclass(frozen=True)
class Look:
    """One moment of a system.

    Parameters
    ----------
    tree
        Folders ``srv`` and ``proc``, and ``hosts``.
    ports
        The port in the world's network of every service that has one.
    caches
        The port of every Valkey server, by the file that is to hold what it says.
    shown
        Whose processes are in ``proc``.
    places
        Where folders of this machine are there.
    """

    tree: Tree
    ports: Mapping[str, int]
    caches: Mapping[str, int]
    shown: Sequence[Shown]
    places: Mapping[str, str]


def look(layout: Layout, state: State) -> Look:
    """Return what there is to see of a system now."""
    places = {str(layout.state): ROOT, str(layout.run): "/run"}
    clean = fresh.cleaning(places)
    tree = Tree({"README": README.format(system=state.system)})
    for service in state.services.values():
        tree |= _service(layout, service, places)
    for name in state.stores:
        tree |= Tree(_log(layout.log(name), clean))
    desired = load_desired(layout.desired)
    listening = desired.stores if desired else {}
    for path, text in stores.tables(layout, state, listening).files.items():
        tree |= Tree({f"stores/{path}": clean(text)})
    shown = _shown(state)
    files = {"hosts": hosts(ports := _ports(layout, state))}
    return Look(
        tree.below("srv") | fresh.processes(shown, places).below(PROCESSES) | Tree(files),
        ports,
        {"srv/stores/valkey/info": listening["valkey"]} if "valkey" in listening else {},
        shown,
        places,
    )


def _service(layout: Layout, service: ServiceState, places: Mapping[str, str]) -> Tree:
    """Return configuration, code and logs of one service."""
    name, clean = service.name, fresh.cleaning(places)
    said = _configuration(layout.config(name, "x").parent)
    files = {f"config/{name}/{file}.json": _said(each, places) for file, each in said.items()}
    files |= _code(layout.release(name, "x").parent, f"releases/{name}")
    for instance in service.instances:
        files |= _log(layout.log(instance.name), clean)
    return Tree(files, {f"releases/{name}/current": service.version})


def _shown(state: State) -> list[Shown]:
    instances = [each for service in state.services.values() for each in service.instances]
    running = [Shown(each.name, each.pid) for each in instances if each.pid]
    return running + [Shown("", each.instance.pid) for each in state.stores.values() if each.instance.pid]


def _ports(layout: Layout, state: State) -> dict[str, int]:
    """Return where services listen whose instance has been started."""
    found: dict[str, int] = {}
    for name, service in state.services.items():
        said = _configuration(layout.config(name, "x").parent)
        for instance in service.instances:
            if "listen" in said.get(instance.name, {}):
                found[name] = int(said[instance.name]["listen"]["port"])
    return found


def address(number: int) -> str:
    """Return the address that stands for the service of a number."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def hosts(ports: Mapping[str, int]) -> str:
    """Return ``/etc/hosts`` with a name for every service."""
    return "".join(["127.0.0.1 localhost\n", *(f"{address(at)} {name}\n" for at, name in enumerate(ports))])


def _said(configuration: Mapping[str, Any], places: Mapping[str, str]) -> str:
    return fresh.moved(json.dumps(configuration, indent=1), places) + "\n"


def _log(source: Path, clean: Clean) -> dict[str, str]:
    try:
        with source.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - LOG_BYTES))
            return {f"log/{source.name}": clean(file.read().decode(errors="replace"))}
    except FileNotFoundError:
        return {}


def _configuration(source: Path) -> dict[str, dict[str, Any]]:
    """Return what each configuration of a service says, by name, without secrets."""
    found = {}
    for path in source.glob("*.json"):
        with contextlib.suppress(OSError, ValueError):  # being replaced
            said = json.loads(path.read_text())
            found[path.stem] = {key: redact_value(said[key], key) for key in CONFIG if key in said}
    return found


def _code(source: Path, target: str) -> dict[str, str]:
    found = {}
    for path in source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            with contextlib.suppress(OSError):  # of a release that is being made
                found[f"{target}/{path.relative_to(source)}"] = path.read_text(errors="replace")
    return found
