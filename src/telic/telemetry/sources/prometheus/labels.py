"""Which labels name a service, and selectors that say so in PromQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from telic.telemetry.sources.naming import entity_of

SERVICE = ("service_name", "service", "app_kubernetes_io_name", "app", "deployment", "container", "job")
ABOUT_OBJECTS = ("container_", "kube_")
"""How names of metrics begin that cAdvisor and kube-state-metrics make of other people's pods."""
WATCHERS = ("kube-state-metrics", "kubelet", "cadvisor")
WORKLOADS = ("deployment", "statefulset", "daemonset")
INSTANCE = ("service_instance_id", "pod", "instance")


@dataclass(frozen=True)
class Labels:
    """The labels that name a service and an instance; the first one that a series has counts."""

    service: tuple[str, ...] = SERVICE
    instance: tuple[str, ...] = INSTANCE
    objects: bool = True  # whether names of metrics tell that an object of Kubernetes is meant

    def entity(self, labels: Mapping[str, str]) -> str:
        """Return the service of a series.

        Of ``job`` it is what follows the namespace (OpenTelemetry's convention). Metrics about objects of Kubernetes
        (cAdvisor's, kube-state-metrics') carry the labels of whoever measured, and name the object by its own.
        """
        named = labels.get("__name__", "").startswith(ABOUT_OBJECTS)
        if self.objects and (named or _watches(labels)):
            owner = next((labels[each] for each in WORKLOADS if labels.get(each)), "")
            owner = owner or entity_of("Pod", labels.get("pod", ""))
            if owner or named:
                return owner
        for name in self.service:
            if value := labels.get(name):
                return value.rpartition("/")[2] or value if name == "job" else value
        return ""

    def instance_of(self, labels: Mapping[str, str]) -> str:
        """Return the instance of a series."""
        return next((labels[name] for name in self.instance if labels.get(name)), "")

    def selectors(self, entities: Sequence[str], present: Iterable[str]) -> list[str]:
        """Return matchers that together select the series of `entities`, each series once; [""] selects all.

        Parameters
        ----------
        present
            Labels that the server knows.
        """
        if not entities:
            return [""]
        known, before, found, either = frozenset(present), "", [], regex(entities)
        objects = "|".join(f"{each}.*" for each in ABOUT_OBJECTS)
        if self.objects and "pod" in known:
            before = f"__name__!~{quoted(objects)},"
            found.append(f"__name__=~{quoted(objects)},pod=~{quoted(f'({either})(-.+)?')}")
        for name in self.service:
            if name not in known:
                continue
            found.append(f"{before}{name}=~{quoted(f'(.*/)?({either})' if name == 'job' else either)}")
            before += f'{name}="",'
        return found

    def either(self, entities: Sequence[str], present: Iterable[str]) -> list[str]:
        """Return matchers that together select at least the series of `entities`, some of them more than once."""
        if not entities:
            return [""]
        known, words = frozenset(present), regex(entities)
        wanted = dict.fromkeys((*self.service, *WORKLOADS), words)
        wanted |= {"job": f"(.*/)?({words})", "pod": f"({words})(-.+)?"}
        return [f"{name}=~{quoted(value)}" for name, value in wanted.items() if name in known]


def _watches(labels: Mapping[str, str]) -> bool:
    """Whether a series, such as an alert, comes from a watcher of other people's pods."""
    said = labels.get("service") or labels.get("job", "").rpartition("/")[2]
    return said.endswith(WATCHERS)


def regex(words: Iterable[str]) -> str:
    """Return a regular expression (RE2) for exactly one of `words`."""
    return "|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", each) for each in words)


def quoted(text: str) -> str:
    r"""Return `text` as a string of PromQL or LogQL.

    Examples
    --------
    >>> print(quoted('a"b' + chr(92)))
    "a\"b\\"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
