"""Waits until everything in a namespace is ready, and says what keeps it from that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from telic.errors import WorldError
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.observed import label
from telic.worlds.kubernetes.pods import Manifest
from telic.worlds.kubernetes.rollout import rolled_out
from telic.worlds.kubernetes.trouble import Trouble, trouble

WITHIN, LOOK = 300.0, 0.5  # for images to be pulled and pods to get ready, and between two looks [s]
TRIES = 5  # ends of a container after which nobody expects it to start [1]; a service may be earlier than its store


def until_ready(
    api: Api,
    *,
    image: str,
    within: float = WITHIN,
    tell: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Return when every Deployment, StatefulSet and Job of a namespace is ready or done.

    Parameters
    ----------
    image
        Of the services, for the hint where it cannot be pulled.

    Raises
    ------
    WorldError
        An image cannot be had, a container ends again and again, a Job failed, or it takes longer than `within` [s].
    """
    end, told = now() + within, len(list(_unready(api)))
    while waiting := list(_unready(api)):
        found = [each for pod in api.list("Pod", {}) if (each := trouble(pod))]
        for each in found:
            _hopeless(each, image, api.namespace)
        for job in api.list("Job", {}):
            _failed(job, found, api.namespace)
        if now() > end:
            why = "; ".join(str(each) for each in found) or f"not ready: {', '.join(waiting)}"
            raise WorldError(
                f"{api.namespace} is not ready after {within:g} s: {why}",
                hint=f"kubectl -n {api.namespace} get pods; has the cluster room for it?",
            )
        if len(waiting) < told:
            told = len(waiting)
            tell(f"{told} of the namespace's parts are not ready yet")
        sleep(LOOK)


def _unready(api: Api) -> Iterator[str]:
    for kind in ("Deployment", "StatefulSet"):
        yield from (_named(each) for each in api.list(kind, {}) if not rolled_out(each))
    yield from (_named(each) for each in api.list("Job", {}) if not (each.get("status") or {}).get("succeeded"))


def _named(one: Manifest) -> str:
    return label(one, names.NAME) or str(one["metadata"]["name"])


def _hopeless(found: Trouble, image: str, namespace: str) -> None:
    if found.of_image and found.reason != "ErrImagePull":
        raise WorldError(
            f"{found}", hint=f"can the cluster pull {image}? push it there, or name another: TELIC_KUBERNETES_IMAGE"
        )
    if found.restarts >= TRIES or found.reason.startswith("CreateContainer"):
        raise WorldError(
            f"{found} ({found.restarts} restarts)",
            hint=f"kubectl -n {namespace} logs {found.pod} --previous; is the image of this version and this design?",
        )


def _failed(job: Manifest, found: list[Trouble], namespace: str) -> None:
    conditions = (job.get("status") or {}).get("conditions") or []
    failed = next((each for each in conditions if each.get("type") == "Failed" and each.get("status") == "True"), None)
    if failed is not None:
        name = str(job["metadata"]["name"])
        last = next((each.said for each in found if each.pod.startswith(name)), str(failed.get("message", "")))
        raise WorldError(f"job {name} failed: {last}", hint=f"kubectl -n {namespace} logs job/{name}")
