"""Which labels name a service, and selectors that say so in PromQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SERVICE = ("service_name", "service", "app_kubernetes_io_name", "app", "deployment", "container", "job")
INSTANCE = ("service_instance_id", "pod", "instance")


@dataclass(frozen=True)
class Labels:
    """The labels that name a service and an instance; the first one that a series has counts."""

    service: tuple[str, ...] = SERVICE
    instance: tuple[str, ...] = INSTANCE

    def entity(self, labels: Mapping[str, str]) -> str:
        """Return the service of a series; of ``job`` what follows the namespace (OpenTelemetry's convention)."""
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
        known, before, found = frozenset(present), "", []
        for name in self.service:
            if name not in known:
                continue
            either = regex(entities)
            found.append(f"{before}{name}=~{quoted(f'(.*/)?({either})' if name == 'job' else either)}")
            before += f'{name}="",'
        return found


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
