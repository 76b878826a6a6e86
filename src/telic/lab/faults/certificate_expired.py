"""Let the certificate that a service presents to its callers run out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular
from telic.model import Action, Change, Harm, Scalar, Truth

AGO = (5.0, 3600.0)  # [s]


@fault("certificate-expired", example={"service": "payment", "ago": 60.0})
@dataclass(frozen=True)
class CertificateExpired:
    """Let the certificate that a service presents to its callers run out.

    From outside: connections to the service are ended, and nobody who verifies its certificate opens another; calls to
    it fail at once as ``certificate_expired``; the service is alive, idle and answers probes, which do not verify;
    nobody changed anything.

    Parameters
    ----------
    service
        Who presents it; it listens with TLS.
    ago
        When it ran out, before the fault [s].

    It ends by itself never; a new certificate ends it, a restart does not.

    Source: the failed certificates of S. Ghosh et al., "How to fight production incidents?", SoCC 2022; the Microsoft
    Teams outage of 3 February 2020 and Ericsson's of 6 December 2018.
    """

    name: ClassVar[str] = "certificate-expired"
    layer: ClassVar[str] = "network"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "certificate-expired": "the certificate that a service presents is past its time"
    }
    service: str
    ago: float = 60.0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service that listens with TLS and that many requests need."""
        rng, presented = dice(cls.name, seed), scene.harm.state().certificates
        ago = float(round(rng.uniform(*AGO)))
        candidates: list[Params] = [
            {"service": each, "ago": ago} for each in popular(scene, "service") if each in presented
        ]
        places = {key: value for key, value in fixed.items() if key == "service"}
        return {**choose(cls.name, candidates, places, rng), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Let it be past its time."""
        edges = tuple(each.name for each in harm.topology().edges if each.callee == self.service)
        harm.expire(self.service, self.ago)
        return Truth(self.name, self.service, "certificate-expired", aliases=edges)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Renew it where nobody did."""
        harm.expire(self.service, 0.0)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return a new certificate."""
        return [Action("renew_certificate", self.service)]
