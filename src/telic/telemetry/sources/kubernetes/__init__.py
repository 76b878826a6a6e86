"""Kubernetes: objects as topology, its events, and rollouts as changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.kubernetes import changes, events, topology
from telic.telemetry.sources.kubernetes.cluster import place_of
from telic.telemetry.sources.remote import Remote


@source("kubernetes", example={"url": "http://127.0.0.1:8001"})
class Kubernetes(Remote):
    """A cluster: workloads, pods and nodes as entities, its events, rollouts of Deployments as changes.

    A pod belongs to the workload that owns it; that is its service. Events are those that the API server still holds,
    usually of the last hour. A new ReplicaSet is a deploy, with what its images and settings were before.

    Parameters
    ----------
    url
        The API server, such as that of ``kubectl proxy`` (http://127.0.0.1:8001); ``in-cluster`` for the pod's own
        service account; or the path of a kubeconfig file, whose current context is used (token or client certificate).
    namespace
        Only this one; "" for all that may be read.
    headers
        Sent with every request, such as a token.
    ca_file, client_file
        Certificates in PEM.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/
    """

    offers: ClassVar[tuple[Signal, ...]] = ("events", "changes", "entities", "edges")
    pushes: ClassVar[tuple[Filter, ...]] = ()

    def __init__(
        self,
        url: str,
        *,
        namespace: str = "",
        headers: Mapping[str, str] | None = None,
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(place_of(url, headers, ca_file, client_file))
        self._scope = f"/namespaces/{namespace}" if namespace else ""

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`; its `query` is a label selector, such as ``app=cart``."""
        scope = self._scope
        return self._ask(
            question,
            {
                "events": lambda visit, asked: events.rows(visit, asked, scope),
                "changes": lambda visit, asked: changes.rows(visit, asked, scope),
                "entities": lambda visit, asked: topology.entities(visit, asked, scope),
                "edges": lambda visit, asked: topology.edges(visit, asked, scope),
            },
        )
