"""What a shell is shown of a running system: code, configuration, logs and processes, as in its state folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telic.lab.shell.processes import Shown, snapshot
from telic.lab.shell.tree import Tree
from telic.model import State
from telic.model.redaction import redact, redact_value
from telic.worlds.local import proc
from telic.worlds.local.layout import Layout

ROOT = "/srv"  # what the shell sees instead of the state folder
PORT = 8080  # at which every service answers there
OWN_PROC = "/run/proc"  # where the command's own processes are shown
LOG_BYTES = 1 << 16  # of a log's end [bytes]
CONFIG = ("service", "version", "revision", "listen", "settings", "wiring")  # of what an instance is started with
README = f"""{{system}}: what its processes were started with and what they printed.

{ROOT}/config/NAME    configuration of a service: `current`, each revision, each instance; secrets are hidden
{ROOT}/log            what services and stores printed last; log records of services are in the telemetry
{ROOT}/releases/NAME  the code of every version; `current` is the one that runs
/proc               processes of services and stores, as they were when the command began, and the command's own
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
    """

    tree: Tree
    ports: Mapping[str, int]


def look(layout: Layout, state: State) -> Look:
    """Return what there is to see of a system now."""

    def plain(text: str) -> str:
        return text.replace(str(layout.state), ROOT).replace(str(layout.run), "/run")

    def clean(text: str) -> str:
        return redact(plain(text))

    files = {"README": README.format(system=state.system)}
    links: dict[str, str] = {}
    ports: dict[str, int] = {}
    shown: list[Shown] = []
    for name, service in state.services.items():
        said = _configuration(layout.config(name, "x").parent)
        files |= {f"config/{name}/{file}.json": plain(json.dumps(each, indent=1)) + "\n" for file, each in said.items()}
        files |= _code(layout.release(name, "x").parent, f"releases/{name}")
        links[f"releases/{name}/current"] = service.version
        for instance in service.instances:
            files |= _log(layout.log(instance.name), clean)
            shown.append(Shown(instance.name, [instance.pid] if instance.pid else []))
            if "listen" in said.get(instance.name, {}):  # it has been started
                ports[name] = int(said[instance.name]["listen"]["port"])
    for name, store in state.stores.items():
        files |= _log(layout.log(name), clean)
        shown.append(Shown("", proc.family(store.instance.pid) if store.instance.pid else []))
    tree = Tree(files, links).below("srv") | snapshot(shown, clean, OWN_PROC).below("proc")
    return Look(tree | Tree({"hosts": hosts(ports)}), ports)


def address(number: int) -> str:
    """Return the address that stands for the service of a number."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def hosts(ports: Mapping[str, int]) -> str:
    """Return ``/etc/hosts`` with a name for every service."""
    return "".join(["127.0.0.1 localhost\n", *(f"{address(at)} {name}\n" for at, name in enumerate(ports))])


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
            found[f"{target}/{path.relative_to(source)}"] = path.read_text(errors="replace")
    return found
