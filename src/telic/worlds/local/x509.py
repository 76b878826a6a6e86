"""X.509 certificates in a folder: those of services, and of the authority of one system that signs them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from telic.worlds.local.certificates import VALID
from telic.worlds.local.layout import write_atomically

AUTHORITY = "authority"
_EARLIER = 3600.0  # a certificate is valid from so long before, since clocks differ [s]
_DECADE = 3650 * 86_400.0  # of the authority's own [s]
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def write(folder: Path, name: str, until: float) -> None:
    """Write ``name.crt`` (PEM) for the DNS name `name`, valid until then [s since the Unix epoch].

    Its key (P-256, ``name.key``) is made at the first time, the authority with its own as well. One that is past its
    time began as long before as others, and its file is as old: nobody touches a certificate when it runs out.
    """
    begins = min(time.time() - _EARLIER, until - VALID)
    issuer, signing = _authority(folder)
    built = (
        _builder(name, issuer.subject, _key(folder / f"{name}.key"), begins, until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    path = folder / f"{name}.crt"
    _write(path, built)
    if until < time.time():
        os.utime(path, (begins, begins))


def read(folder: Path) -> Mapping[str, float]:
    """Return the names that have a certificate, and until when it is valid [s since the Unix epoch]."""
    found = sorted(each for each in folder.glob("*.crt") if each.stem != AUTHORITY)
    return {each.stem: _read(each).not_valid_after_utc.timestamp() for each in found}


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path, key = folder / f"{AUTHORITY}.crt", _key(folder / f"{AUTHORITY}.key")
    if not path.exists():
        begins = time.time() - 2 * VALID
        built = (
            _builder(AUTHORITY, _name(AUTHORITY), key, begins, begins + _DECADE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(path, built)
    return _read(path), key


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: float, until: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins, UTC))
        .not_valid_after(datetime.fromtimestamp(until, UTC))
    )


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(path, pem, mode=0o600)
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: Path, certificate: x509.Certificate) -> None:
    write_atomically(path, certificate.public_bytes(serialization.Encoding.PEM))


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
