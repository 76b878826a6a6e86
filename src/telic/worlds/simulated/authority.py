"""Certificates of a simulated system: nothing is signed, only the end of each is known."""

from __future__ import annotations

from collections.abc import Mapping


class SimulatedAuthority:
    """Implements `telic.worlds.local.certificates.Authority`.

    Parameters
    ----------
    ends
        Of the certificates, by service [s since the Unix epoch]; the network reads it.
    """

    def __init__(self, ends: dict[str, float]) -> None:
        self._ends = ends

    def issue(self, service: str, until: float) -> None:
        """Let the certificate of `service` be valid until then [s since the Unix epoch]."""
        self._ends[service] = until

    def valid(self) -> Mapping[str, float]:
        """Return until when each is valid."""
        return dict(self._ends)
