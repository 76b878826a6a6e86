"""A namespace of one's own for as long as a process lives: made, found again by its labels, removed."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from telic.errors import TelicError
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.observed import label
from telic.worlds.kubernetes.pods import Manifest

PREFIX = "telic-lab"
MACHINE, PROCESS, BORN = (f"telic.dev/{word}" for word in ("lab-machine", "lab-process", "lab-born"))
"""Labels of a namespace: whose it is. A process is known by its number and its birth, since numbers are used again."""


def new_name(system: str) -> str:
    """Return a name for a namespace that nobody else has."""
    return names.checked(f"{PREFIX}-{system[:40]}-{secrets.token_hex(4)}")


def namespace(name: str, system: str) -> Manifest:
    """Return a namespace that says which process it is made for."""
    process = psutil.Process()
    whose = {MACHINE: machine(), PROCESS: str(process.pid), BORN: str(round(process.create_time()))}
    labels = {names.PART_OF: system, names.MANAGED_BY: names.OWNER, **whose}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


@contextmanager
def held(api: Api, system: str) -> Iterator[None]:
    """Make the namespace of `api`; at the end it is removed with all that is in it, which takes the cluster a while."""
    api.create(namespace(api.namespace, system))
    try:
        yield
    finally:
        with suppress(TelicError):  # what was played stays told; a later `sweep` finds the namespace
            api.delete("Namespace", api.namespace)


def sweep(api: Api) -> list[str]:
    """Remove the namespaces that this machine's processes left which run no more; return their names."""
    gone = [
        str(each["metadata"]["name"])
        for each in api.list("Namespace", {MACHINE: machine()})
        if not each["metadata"].get("deletionTimestamp") and not lives(each)
    ]
    for each in gone:
        api.delete("Namespace", each)
    return gone


def swept(connected: Callable[[], Api]) -> list[str]:
    """Do the same where a cluster answers; say in words what was done, and that nobody answers."""
    try:
        return [f"removed namespace {each}" for each in sweep(connected())]
    except TelicError as error:
        return [f"namespaces of killed labs were not looked for: {error}"]


def lives(made: Manifest) -> bool:
    """Whether the process runs that a namespace was made for."""
    number, born = label(made, PROCESS), label(made, BORN)
    try:
        process = psutil.Process(int(number))
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - float(born)) < 2.0
    except (psutil.NoSuchProcess, ValueError):
        return False


def machine() -> str:
    """Return a name of this user on this machine, as a label may be."""
    return hashlib.sha256(f"{platform.node()} {os.getuid()}".encode()).hexdigest()[:16]
