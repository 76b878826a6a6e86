"""Everything that a design needs in a cluster, as objects: in the order in which they can be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from telic.errors import UsageError
from telic.model import Design, ServiceDesign
from telic.model.design import REPLICA
from telic.worlds.kubernetes import names, queue, settings
from telic.worlds.kubernetes.pods import Manifest, Options, deployment, preparing, store
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.local.configuration import TOKEN_SECRET
from telic.worlds.local.nats import secret_name

MOST = 1_000_000  # of a ConfigMap; the cluster refuses more than a mebibyte [bytes]
FIRST = "1"  # version of a service that was never deployed before


def secrets_of(design: Design) -> tuple[str, ...]:
    """Return the names of the secrets that a design needs: the tokens' key, and the passwords of its stores."""
    queued = queue.secrets_of(design) if "nats" in design.stores else ()
    if "postgres" not in design.stores:
        return (TOKEN_SECRET, *queued)
    roles = (each.name for each in design.services if "postgres" in each.stores)
    return (TOKEN_SECRET, "postgres-admin", *roles, *queued)


def manifests(design: Design, options: Options, secrets: Mapping[str, str]) -> list[Manifest]:
    """Return every object of a design.

    Parameters
    ----------
    secrets
        By the names of `secrets_of`.

    Raises
    ------
    UsageError
        A secret is missing, a name is none in Kubernetes, a service's source is too large for a ConfigMap, or services
        read from a replica, which Telic starts none of in a cluster.
    """
    if REPLICA in design.stores:
        readers = ", ".join(each.name for each in design.services if REPLICA in each.stores)
        hint = f"let {readers} read from the primary: store.postgres.reads"
        raise UsageError(f"no {REPLICA} in a cluster", hint=hint)
    missing = [each for each in secrets_of(design) if not secrets.get(each)]
    if missing:
        raise UsageError(f"no secret {', '.join(missing)}", hint="give one for each name of secrets_of(design)")
    found: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": names.checked(options.namespace or design.system),
                "labels": {names.PART_OF: design.system, names.MANAGED_BY: names.OWNER},
            },
        },
        *_secrets(design, options, secrets),
        *_policies(design, options),
    ]
    for each in design.stores:
        found += [service_of(design, each, options, STORES[each], "store"), *store(design, each, options)]
    found += [preparing(design, options)] if "postgres" in design.stores else []
    for one in design.services:
        found += [
            release(design, one, options, sources(design, one.name), FIRST),
            config(design, one, options, version=FIRST),
            service_of(design, one.name, options, names.PORT, "service"),
            deployment(design, one, options, version=FIRST, revision=1),
            _budget(design, one, options),
        ]
    return found


def sources(design: Design, service: str) -> dict[str, str]:
    """Return the source files of a service as the design has them, by their names."""
    folder = design.folder / "services" / service
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}


def release(
    design: Design, service: ServiceDesign, options: Options, files: Mapping[str, str], version: str
) -> Manifest:
    """Return a version of a service's source as a ConfigMap that nobody can change."""
    size = sum(len(name) + len(text.encode()) for name, text in files.items())
    if size > MOST:
        raise UsageError(
            f"version {version} of {service.name} has {size} bytes", hint=f"a ConfigMap holds {MOST}: build an image"
        )
    return _config_map(design, service.name, options, names.release_name(service.name, version), dict(files))


def config(design: Design, service: ServiceDesign, options: Options, *, version: str) -> Manifest:
    """Return the first revision of a service's configuration."""
    text = settings.document(
        design,
        service,
        settings.first(design, service),
        version=version,
        revision=1,
        telemetry=options.telemetry,
    )
    return _config_map(design, service.name, options, names.config_name(service.name, 1), {settings.FILE: text})


def service_of(design: Design, name: str, options: Options, port: int, component: str) -> Manifest:
    """Return the Service by which callers find a service or store."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(design, options, names.checked(name), names.labels(design.system, name, component)),
        "spec": {
            "selector": names.selector(design.system, name),
            "ports": [{"name": name if component == "store" else "http", "port": port, "targetPort": port}],
        },
    }


def _config_map(design: Design, service: str, options: Options, name: str, data: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(design, options, name, names.labels(design.system, service)),
        "immutable": True,
        "data": dict(data),
    }


def _secrets(design: Design, options: Options, secrets: Mapping[str, str]) -> Iterable[Manifest]:
    """Yield a Secret for each service with what it may know, and those of the database's owner."""
    for each in design.services:
        own = {TOKEN_SECRET: secrets[TOKEN_SECRET]}
        own |= {each.name: secrets[each.name]} if "postgres" in each.stores else {}
        mine = secret_name(each.name)
        own |= {mine: secrets[mine]} if "nats" in each.stores else {}
        yield _secret(design, options, f"{each.name}-secrets", each.name, own)
    if "postgres" in design.stores:
        yield _secret(design, options, "postgres-admin", "postgres", {"password": secrets["postgres-admin"]})
        roles = {each.name: secrets[each.name] for each in design.services if "postgres" in each.stores}
        yield _secret(design, options, "database-roles", "postgres", roles)
    if "nats" in design.stores:
        yield _secret(design, options, queue.CONFIG, "nats", queue.configuration(design, secrets))


def _secret(design: Design, options: Options, name: str, of: str, data: Mapping[str, str]) -> Manifest:
    metadata = _metadata(design, options, name, names.labels(design.system, of))
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "stringData": dict(data)}


def _policies(design: Design, options: Options) -> Iterable[Manifest]:
    """Yield network policies: nobody talks to anybody but along the design's edges."""
    system = design.system
    whole = _metadata(design, options, "nobody-talks", names.labels(system, "network", "policy"))
    yield _policy(
        whole, {"podSelector": {"matchLabels": {names.PART_OF: system}}, "policyTypes": ["Ingress", "Egress"]}
    )
    callers: dict[str, list[str]] = {}
    for caller, callee in dict.fromkeys(design.edges):
        callers.setdefault(callee, []).append(caller)
    if "postgres" in design.stores:
        callers.setdefault("postgres", []).append("prepare")
    for name in [*(each.name for each in design.services), *design.stores, "prepare"]:
        callees = [callee for callee, own in callers.items() if name in own]
        if name == "prepare" and not callees:
            continue
        port = STORES.get(name, names.PORT)
        comes = [{"from": [_peer(system, each) for each in callers.get(name, [])], "ports": [_port(port)]}]
        ingress = [{"ports": [_port(port)]}] if name == design.entry else comes if callers.get(name) else []
        egress: list[Manifest] = [
            {"to": [_peer(system, each)], "ports": [_port(STORES.get(each, names.PORT))]} for each in callees
        ]
        egress.append({"ports": [_port(53, "UDP"), _port(53)]})
        egress += [_sending(options.telemetry)] if _ported(options.telemetry) else []
        metadata = _metadata(design, options, f"{name}-edges", names.labels(system, name, "policy"))
        chosen = {"matchLabels": names.selector(system, name)}
        spec = {"podSelector": chosen, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress}
        yield _policy(metadata, spec)


def _sending(address: str) -> Manifest:
    """Return the way to where telemetry goes: to one Service's pods where the address names one of this namespace."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    there = {} if "." in host else {"to": [{"podSelector": {"matchLabels": {names.NAME: host}}}]}
    return {**there, "ports": [_port(int(port))]}


def _ported(address: str) -> bool:
    return address.rpartition(":")[2].isdigit()


def _policy(metadata: Manifest, spec: Manifest) -> Manifest:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _peer(system: str, name: str) -> Manifest:
    return {"podSelector": {"matchLabels": names.selector(system, name)}}


def _port(number: int, protocol: str = "TCP") -> Manifest:
    return {"protocol": protocol, "port": number}


def _budget(design: Design, service: ServiceDesign, options: Options) -> Manifest:
    """Return how many pods of a service an eviction may take: never the last one that serves, where there are two."""
    allowed: dict[str, Any] = {"minAvailable": 1} if options.replicas > 1 else {"maxUnavailable": 1}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(design, options, service.name, names.labels(design.system, service.name)),
        "spec": {**allowed, "selector": {"matchLabels": names.selector(design.system, service.name)}},
    }


def _metadata(design: Design, options: Options, name: str, labelled: Mapping[str, str]) -> Manifest:
    return {"name": name, "namespace": options.namespace or design.system, "labels": dict(labelled)}


DOCKERFILE = """# The image of every service, and of the job that prepares the database: docker build -t {image} .
FROM python:3.12-slim
RUN pip install --no-cache-dir telic=={version}
COPY design /design
USER 10001
"""


def dockerfile(image: str, version: str) -> str:
    """Return the text of a Dockerfile for the image that manifests ask for."""
    return DOCKERFILE.format(image=image, version=version)


def design_files(folder: Path) -> Iterable[Path]:
    """Return the files of a design that the image needs: what the database is made of."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in ("tests", "openapi")
    )
