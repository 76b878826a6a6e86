"""Give a service that listens with TLS a new certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.registry import near_names
from telic.tools.actions.card import action


@action("renew_certificate", example={"target": "payment"})
@dataclass(frozen=True)
class RenewCertificate:
    """Give a service that listens with TLS a new certificate from the system's own authority.

    Effect: connections from now on are shown a certificate that is valid for 90 days; the service is not restarted,
    and connections that are open go on.
    Precondition: the service presents a certificate.
    Undo: none is needed; its key, its name and whom callers trust stay the same.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse who presents no certificate."""
        if self.target not in state.certificates:
            known = state.certificates
            raise ActionRefused(f"{self.target} presents no certificate", hint=near_names(self.target, known))
        left = state.certificates[self.target] - state.time
        return f"the certificate of {self.target} " + (
            f"has {left:.0f} s left" if left > 0 else f"ran out {-left:.0f} s ago"
        )

    def touches(self, topology: Topology) -> frozenset[str]:
        """The service; nobody is interrupted."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Nothing to take back."""
        return Undo(None, note="a certificate that is valid takes the place of another: nothing to take back")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the certificate is valid now."""
        return state.certificates.get(self.target, 0.0) > state.time
