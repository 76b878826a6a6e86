"""Starts a design in a cluster, ends it, and writes what a cluster's owner applies by other means."""

from __future__ import annotations

import base64
import os
import secrets as randomness
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from telic import __version__
from telic.errors import UsageError, WorldError
from telic.model import Design
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.manifests import design_files, dockerfile, manifests, secrets_of
from telic.worlds.kubernetes.names import selector
from telic.worlds.kubernetes.pods import Manifest, Options

KEPT = ("Namespace", "ConfigMap", "Secret", "Job")  # what is there already stays as it is
ENDED = ("Deployment", "StatefulSet", "Job", "Service", "NetworkPolicy", "PodDisruptionBudget", "ConfigMap", "Secret")
FILES = {
    "Namespace": "00-namespace.yaml",
    "Secret": "10-secrets.yaml",
    "NetworkPolicy": "20-network.yaml",
}
STORES, SERVICES = "30-stores.yaml", "40-services.yaml"


def made_up(design: Design) -> dict[str, str]:
    """Return new secrets for a design, by name."""
    return {name: randomness.token_urlsafe(24) for name in secrets_of(design)}


def secret_of(api: Api, name: str, key: str) -> str:
    """Return what a Secret holds under `key`.

    Raises
    ------
    WorldError
        There is no such Secret, or it holds no such key.
    """
    found = (api.get("Secret", name) or {}).get("data", {}).get(key)
    if found is None:
        raise WorldError(f"no secret {name}/{key} in {api.namespace}", hint="is the system there?")
    return base64.b64decode(found).decode()


def start(api: Api, design: Design, options: Options) -> list[str]:
    """Make every object of a design that is not there yet, and move those that are to what the design says.

    Secrets and revisions that are there stay. Returns what was made, as ``Kind/name``.
    """
    made = []
    for each in manifests(design, options, made_up(design)):
        kind, name = str(each["kind"]), str(each["metadata"]["name"])
        if api.get(kind, name) is None:
            api.create(each)
            made.append(f"{kind}/{name}")
        elif kind not in KEPT:
            api.patch(kind, name, {key: each[key] for key in ("metadata", "spec")})
    return made


def end(api: Api, system: str) -> list[str]:
    """Remove everything of a system but its namespace and its disks; return what was removed."""
    gone = []
    for kind in ENDED:
        for each in api.list(kind, selector(system)):
            api.delete(kind, str(each["metadata"]["name"]))
            gone.append(f"{kind}/{each['metadata']['name']}")
    return gone


def write(design: Design, folder: Path, options: Options) -> list[Path]:
    """Write manifests, a Dockerfile and what its image needs into a new folder; it appears whole or not at all.

    The file with the secrets can be read by its owner alone.

    Raises
    ------
    UsageError
        The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already", hint="name another folder, or remove it")
    by_file: dict[str, list[Manifest]] = {}
    for each in manifests(design, options, made_up(design)):
        by_file.setdefault(_file(each, design), []).append(each)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _fill(made, design, by_file, options)
            made.chmod(0o755)
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise WorldError(f"cannot write {folder}: {error.strerror}", hint="check its owner and the disk") from error
    return sorted(path for path in folder.glob("*") if path.is_file())


def _fill(folder: Path, design: Design, by_file: Mapping[str, Iterable[Manifest]], options: Options) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    for name, found in by_file.items():
        secret = name == FILES["Secret"]
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yaml.dump_all(list(found), file)
    (folder / "Dockerfile").write_text(dockerfile(options.image, __version__), encoding="utf-8")
    for each in design_files(design.folder):
        target = folder / "design" / each.relative_to(design.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, target)


def _file(manifest: Manifest, design: Design) -> str:
    name = str(manifest["metadata"]["name"])
    stored = name in design.stores or manifest["kind"] == "Job"
    return FILES.get(str(manifest["kind"]), STORES if stored else SERVICES)
