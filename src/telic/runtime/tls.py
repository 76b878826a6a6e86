"""TLS between services: what a service presents, and what its callers accept of it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from telic.runtime.config import Config
from telic.runtime.failures import InvalidConfig

CERTIFICATE, KEY = "listen.certificate_file", "listen.key_file"
EXPIRED = "certificate_expired"  # error types of a call
REFUSED = "certificate_refused"
FAILED = "tls_failed"
_HAS_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL


@dataclass(frozen=True)
class Peer:
    """Whom a caller expects behind TLS: a name, and the authority whose word it takes."""

    name: str
    ca_file: str

    def context(self) -> ssl.SSLContext:
        """Return what accepts certificates of the authority and no others.

        Raises
        ------
        InvalidConfig
            The file cannot be read, or holds no certificate.
        """
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise InvalidConfig(
                f"upstream.{self.name}.ca_file={self.ca_file}: {error}", hint="PEM, readable"
            ) from error


def peer(config: Config, service: str) -> Peer | None:
    """Return whom the settings expect as `service`; None: it is asked without TLS."""
    found = str(config.settings.get(f"upstream.{service}.ca_file", ""))
    return Peer(service, found) if found else None


def presenting(config: Config) -> ssl.SSLContext | None:
    """Return what presents the certificate that the settings name; None where they name none.

    A file that is written anew is read at the next handshake, so that a certificate is renewed without a restart.

    Raises
    ------
    InvalidConfig
        A file is missing, or certificate and key do not belong together.
    """
    certificate, key = (str(config.settings.get(each, "")) for each in (CERTIFICATE, KEY))
    if not certificate:
        return None
    found = _loaded(certificate, key)
    known = _identity(certificate)

    def handshake(socket: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        nonlocal found, known
        now = _identity(certificate)
        if now is not None and now != known:
            found, known = _loaded(certificate, key), now
        socket.context = found

    front = _loaded(certificate, key)
    front.sni_callback = handshake
    return front


def error_type(error: OSError) -> str:
    """Return the error type of a connection that did not come about; "" where TLS is not the reason.

    Examples
    --------
    >>> error_type(ConnectionRefusedError())
    ''
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return EXPIRED if error.verify_code == _HAS_EXPIRED else REFUSED
    return FAILED if isinstance(error, ssl.SSLError) else ""


def _loaded(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise InvalidConfig(
            f"{CERTIFICATE}={certificate}: {error}", hint="a PEM file, and the key that fits"
        ) from error
    return context


def _identity(path: str) -> tuple[int, int] | None:
    """Return what differs for a file that was written anew; None of one that is gone: what was read of it stays."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
