"""What keeps a pod from serving, in the words of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telic.worlds.kubernetes.pods import Manifest

IMAGE = ("ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ErrImagePull")
LAST = 300  # of what a container said last is told [characters]


@dataclass(frozen=True)
class Trouble:
    """Why one pod does not serve."""

    pod: str
    reason: str
    said: str
    restarts: int = 0

    def __str__(self) -> str:
        """Return pod, reason and last words."""
        return f"pod {self.pod}: {self.reason}" + (f": {self.said}" if self.said else "")

    @property
    def of_image(self) -> bool:
        """Whether its image cannot be had."""
        return self.reason in IMAGE


def trouble(pod: Manifest) -> Trouble | None:
    """Return why a pod does not serve; None where it serves, or only starts."""
    name, status = str(pod["metadata"]["name"]), pod.get("status") or {}
    for each in status.get("conditions") or []:
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return Trouble(name, str(each.get("reason", "Unschedulable")), str(each.get("message", ""))[-LAST:])
    for container in status.get("containerStatuses") or []:
        restarts = int(container.get("restartCount", 0))
        waiting: Mapping[str, Any] = (container.get("state") or {}).get("waiting") or {}
        gone: Mapping[str, Any] = (container.get("lastState") or {}).get("terminated") or {}
        reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
        if reason and reason not in ("ContainerCreating", "PodInitializing"):
            last = str(gone.get("message") or "").strip() or message
            return Trouble(name, reason, last[-LAST:], restarts)
        if gone and not container.get("ready"):
            last = str(gone.get("message") or "").strip()
            return Trouble(name, f"ended with code {gone.get('exitCode')}", last[-LAST:], restarts)
    return None
