"""Which kinds of faults mean something in a cluster, by which means, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from telic.errors import UsageError
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.loaded import Loaded
from telic.lab.made_up import made_up
from telic.lab.pushed import OtherValue
from telic.lab.scenario import Noise, Placed
from telic.registry import near_names
from telic.settings import Settings

VERSION = "another version, rolled out: new pods first, then the old ones end"
REVISION = "another revision of the configuration, rolled out"
USERS = "more users, sent from the lab's machine"
BY_API: Mapping[str, str] = {
    "bad-deploy-exception": VERSION,
    "bad-deploy-slow-query": VERSION,
    "crash-loop": f'{VERSION}; only as `kind = "deploy"`',
    "dns-failure": REVISION,
    "scaled-to-zero": "the Deployment is scaled to no pod",
    "stuck-rollout": "another version by the strategy Recreate: the old pods end first",
    "wrong-port": REVISION,
}
BY_CHAOS: Mapping[str, str] = {
    "bandwidth": "NetworkChaos `bandwidth`",
    "clock-skew": "TimeChaos",
    "cpu-starvation": "StressChaos: others want the CPU of the container's limit",
    "crash": "PodChaos `container-kill`",
    "network": "NetworkChaos `delay` or `partition`",
    "network-jitter": "NetworkChaos `delay` with jitter",
    "packet-loss": "NetworkChaos `loss`",
    "partition-oneway": "NetworkChaos `partition`, one way",
    "store-crash": "PodChaos `container-kill`",
}
"""These need Chaos Mesh in the cluster."""

LIMITED = "a running pod gets no smaller limit without being started again"
STILL = "a container's first process cannot be stopped, and pod-failure ends it instead"
OWNED = "the lab changes nothing in a cluster's database"
REASONS: Mapping[str, str] = {
    "bad-probe": "the kubelet asks in whole seconds, by the Deployment's probes and not by a setting",
    "cache-stampede": "a cache is emptied by nobody from outside",
    "certificate-expired": "between pods TLS is a service mesh's work, with certificates of its own",
    "connection-reset": "Chaos Mesh breaks no single answers off",
    "corrupt-answers": "netem corrupts packets, which TCP sends again",
    "cpu-steal": STILL,
    "credential-rotated": OWNED,
    "disk-full": OWNED,
    "fd-exhaustion": LIMITED,
    "gc-pauses": STILL,
    "half-open": "Chaos Mesh silences no single connections",
    "hang": STILL,
    "kill-loop": LIMITED,
    "link-flapping": "Chaos Mesh's objects do not come and go by themselves",
    "memory-leak": LIMITED,
    "memory-pressure": LIMITED,
    "oom-kill": LIMITED,
    "permission-revoked": OWNED,
    "poison-message": OWNED,
    "slots-exhausted": "what a service declares is in its configuration, and to change that is a rollout",
    "slow-disk": OWNED,
    "slow-store": "the database's container has no limit of CPU that others could want",
    "store-hang": STILL,
    "token-key-changed": "a pod holds its own secrets alone: there is no other to take for the key",
    "wrong-secret": "a pod holds its own secrets alone: there is no credential of another service to present",
}
"""Why these do not play, of the kinds that would by what they do."""


def words(kind: str) -> str:
    """Return by which means a kind plays in a cluster; empty where it does not."""
    if kind in REASONS:
        return ""
    made: type[object] = fault.factory(kind)  # type: ignore[assignment]
    if kind in BY_API or kind in BY_CHAOS:
        return BY_API.get(kind) or BY_CHAOS[kind]
    of_kind = ((Deployed, VERSION), (OtherValue, REVISION), (Loaded, USERS))
    return next((said for base, said in of_kind if issubclass(made, base)), "")


def require(kind: str, params: Mapping[str, object] | None = None) -> None:
    """Raise `UsageError` where a kind does not play in a cluster, with the reason."""
    if kind not in fault:
        raise UsageError(f"no fault {kind!r}", hint=near_names(kind, fault))
    if not words(kind):
        raise UsageError(
            f"{kind} does not play in a cluster: {REASONS.get(kind, OWNED)}",
            hint="play it with --world local; `docs/how-to/kubernetes.md` lists the kinds that play",
        )
    if kind == "crash-loop" and params is not None and params.get("kind") != "deploy":
        raise UsageError(
            "crash-loop by a setting does not play in a cluster: pods that cannot start take no old pod's place",
            hint='write params = { kind = "deploy" }',
        )


def require_all(faults: Iterable[Placed], noise: Iterable[Noise], app: str) -> None:
    """Raise `UsageError` where one of a scenario's faults or noises does not play, or its app runs no code."""
    if made_up(app):
        raise UsageError(f"{app} is a made-up system, which runs no code", hint="play it with --world queueing")
    for each in faults:
        require(each.kind, each.params)
    if any(each.kind == "red-herring" for each in noise):
        raise UsageError(
            f"a red herring does not play in a cluster: {STILL}", hint='leave it out, or write kind = "decoy"'
        )


def needs_chaos(kinds: Iterable[str]) -> list[str]:
    """Return those of `kinds` that need Chaos Mesh in the cluster."""
    return sorted({each for each in kinds if each in BY_CHAOS})


def require_image(settings: Settings, system: str) -> None:
    """Raise `UsageError` where no image of the services is named."""
    if not settings.kubernetes_image:
        raise UsageError(
            "no image for the services: TELIC_KUBERNETES_IMAGE is not set",
            hint=f"`telic kubernetes manifests {system} --out FOLDER --image NAME` writes what `docker build` needs",
        )


def table() -> str:
    """Return by which means each kind plays, or why it does not, as two tables in Markdown."""
    means: dict[str, list[str]] = {}
    why: dict[str, list[str]] = {}
    for kind in sorted(fault):
        said = words(kind)
        (means if said else why).setdefault(said or REASONS.get(kind, OWNED), []).append(f"`{kind}`")
    plays = [f"| {', '.join(kinds)} | {text} |" for text, kinds in means.items()]
    refused = [f"| {', '.join(kinds)} | {text} |" for text, kinds in why.items()]
    return "\n".join(["| plays | as |", "|---|---|", *plays, "", "| does not play | because |", "|---|---|", *refused])
