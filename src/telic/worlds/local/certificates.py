"""Certificates of services that listen with TLS: where they lie, when they are due, who issues them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from telic.errors import UsageError
from telic.model import Design, Scalar, ServiceDesign
from telic.model.design import LISTEN_TLS
from telic.registry import near_names
from telic.runtime.tls import CERTIFICATE, KEY
from telic.worlds.local.layout import Layout

VALID = 90 * 86_400.0  # of a certificate, as public authorities issue them [s]
RENEW = 30 * 86_400.0  # what has less left is issued anew when a system starts [s]


class Authority(Protocol):
    """Issues certificates and knows until when each is valid."""

    def issue(self, service: str, until: float) -> None:
        """Give a service a new certificate, valid until then [s since the Unix epoch]; it presents it at once."""
        ...

    def valid(self) -> Mapping[str, float]:
        """Return the services that have a certificate, and until when it is valid [s since the Unix epoch]."""
        ...


class FileAuthority:
    """Keeps keys and certificates in the state folder of a system; systems without TLS load nothing for it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def issue(self, service: str, until: float) -> None:
        """Write a certificate for the name of the service."""
        from telic.worlds.local import x509

        x509.write(folder(self._layout), service, until)

    def valid(self) -> Mapping[str, float]:
        """Read them."""
        if not folder(self._layout).is_dir():
            return {}
        from telic.worlds.local import x509

        return x509.read(folder(self._layout))


def folder(layout: Layout) -> Path:
    """Return where certificates and keys lie."""
    return layout.state / "tls"


def settings(layout: Layout, design: Design, service: ServiceDesign) -> dict[str, Scalar]:
    """Return what tells a service what to present, and whom to expect at those that it calls."""
    where, found = folder(layout), dict[str, Scalar]()
    if asked(service):
        found |= {CERTIFICATE: str(where / f"{service.name}.crt"), KEY: str(where / f"{service.name}.key")}
    for callee in service.callees:
        if asked(design.service(callee)):
            found[f"upstream.{callee}.ca_file"] = str(where / "authority.crt")
    return found


def asked(service: ServiceDesign) -> bool:
    """Whether a service is to listen with TLS."""
    return bool(service.settings.get(LISTEN_TLS, False))


def expire(authority: Authority, service: str, ago: float, now: float) -> None:
    """Let the certificate of a service have run out `ago` [s]; with 0 one that has run out is renewed.

    Raises
    ------
    UsageError
        The service presents none.
    """
    if service not in (known := authority.valid()):
        raise UsageError(f"{service} presents no certificate", hint=near_names(service, known))
    if ago:
        authority.issue(service, now - ago)
    elif known[service] <= now:
        authority.issue(service, now + VALID)


def issue_due(authority: Authority, services: Iterable[ServiceDesign], now: float) -> None:
    """Give a certificate to everyone of `services` that has to have one and has none, or one with little time left."""
    wanted = [each.name for each in services if asked(each)]
    known = authority.valid() if wanted else {}
    for each in wanted:
        if known.get(each, 0.0) < now + RENEW:
            authority.issue(each, now + VALID)
