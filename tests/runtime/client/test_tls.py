"""TLS between a caller and a service, on loopback: who is believed, and a certificate that is renewed meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from telic.runtime import config as configuration
from telic.runtime import tls
from telic.runtime.client.transport import HttpTransport, TransportFailed
from telic.runtime.config import Config
from telic.runtime.failures import InvalidConfig
from telic.runtime.server.messages import Request, Response
from telic.runtime.server.protocol import Connections
from telic.worlds.local import x509

DAY = 86_400.0
Issue = Callable[[float], None]


def config(folder: Path, **settings: str) -> Config:
    """A service that presents what lies in `folder`, with `settings` over that."""
    own = {tls.CERTIFICATE: str(folder / "payment.crt"), tls.KEY: str(folder / "payment.key")} | settings
    text = {
        "schema": "telic/config/v1", "system": "shop", "service": "payment", "version": "1", "revision": 1,
        "listen": {"host": "127.0.0.1", "port": 0}, "settings": own, "wiring": {"node": {}, "edges": {}},
        "capacity": None, "telemetry": {"endpoint": "", "enabled": False, "interval": 0.5},
    }  # fmt: skip
    return configuration.parse(msgspec.json.encode(text), "payment.json")


@asynccontextmanager
async def served(found: Config) -> AsyncIterator[tuple[str, int]]:
    """Serve with what `found` presents; give the address."""

    async def handle(request: Request) -> Response:
        return Response(200, b'{"paid": true}')

    connections = Connections(handle)
    server = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0, ssl=tls.presenting(found))
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        connections.close_all()


async def ask(address: tuple[str, int], peer: tls.Peer | None) -> str:
    """Ask over a new connection; return the answer, or the error type."""
    transport = HttpTransport(address, peer)
    try:
        return (await transport.send("/pay", {}, b"{}", repeatable=False)).body.decode()
    except TransportFailed as failed:
        return failed.error_type
    finally:
        transport.close()


@pytest.fixture
def issue(tmp_path: Path) -> Issue:
    """Write a certificate of so many days, counted from now."""
    return lambda days: x509.write(tmp_path, "payment", time.time() + days * DAY)


@pytest.fixture
def expected(tmp_path: Path) -> tls.Peer:
    """Whom callers expect."""
    return tls.Peer("payment", str(tmp_path / "authority.crt"))


async def test_who_presents_a_valid_certificate_of_the_authority_is_believed(
    tmp_path: Path, issue: Issue, expected: tls.Peer
) -> None:
    issue(90)
    async with served(config(tmp_path)) as address:
        assert await ask(address, expected) == '{"paid": true}'
        assert await ask(address, tls.Peer("order", expected.ca_file)) == tls.REFUSED  # another name
        assert await ask(address, None) == "connection_reset"  # a plain request


async def test_a_certificate_that_runs_out_is_refused_and_its_renewal_needs_no_restart(
    tmp_path: Path, issue: Issue, expected: tls.Peer
) -> None:
    issue(90)
    async with served(config(tmp_path)) as address:
        assert await ask(address, expected) == '{"paid": true}'
        issue(-1)
        assert await ask(address, expected) == tls.EXPIRED
        issue(90)
        assert await ask(address, expected) == '{"paid": true}'


async def test_a_file_that_is_gone_leaves_what_was_read(tmp_path: Path, issue: Issue, expected: tls.Peer) -> None:
    issue(90)
    async with served(config(tmp_path)) as address:
        (tmp_path / "payment.crt").unlink()
        assert await ask(address, expected) == '{"paid": true}'


async def test_a_connection_that_is_open_outlives_its_certificate(
    tmp_path: Path, issue: Issue, expected: tls.Peer
) -> None:
    issue(90)
    async with served(config(tmp_path)) as address:
        transport = HttpTransport(address, expected)
        await transport.send("/pay", {}, b"{}", repeatable=False)
        issue(-1)
        assert (await transport.send("/pay", {}, b"{}", repeatable=False)).status == 200
        transport.move(address, None)
        transport.move(address, expected)  # idle connections are closed
        with pytest.raises(TransportFailed, match=tls.EXPIRED) as failed:
            await transport.send("/pay", {}, b"{}", repeatable=False)
        assert failed.value.unsent


async def test_another_authority_is_not_believed(tmp_path: Path, issue: Issue) -> None:
    issue(90)
    x509.write(tmp_path / "other", "payment", time.time() + DAY)
    async with served(config(tmp_path)) as address:
        assert await ask(address, tls.Peer("payment", str(tmp_path / "other" / "authority.crt"))) == tls.REFUSED


async def test_who_speaks_no_tls_is_told_apart(tmp_path: Path, issue: Issue, expected: tls.Peer) -> None:
    issue(90)
    async with served(config(tmp_path, **{tls.CERTIFICATE: ""})) as address:
        assert await ask(address, expected) == tls.FAILED


def test_files_that_are_missing_or_do_not_fit_are_named(tmp_path: Path, issue: Issue) -> None:
    issue(90)
    x509.write(tmp_path, "order", time.time() + DAY)
    with pytest.raises(InvalidConfig, match=r"upstream\.payment\.ca_file=.*nowhere"):
        tls.Peer("payment", str(tmp_path / "nowhere")).context()
    with pytest.raises(InvalidConfig, match=r"listen\.certificate_file=.*payment\.crt"):
        tls.presenting(config(tmp_path, **{tls.KEY: str(tmp_path / "order.key")}))


def test_certificates_say_until_when_and_old_ones_look_old(tmp_path: Path, issue: Issue) -> None:
    issue(90)
    (until,) = x509.read(tmp_path).values()
    assert abs(until - time.time() - 90 * DAY) < 60
    assert (tmp_path / "payment.key").stat().st_mode & 0o777 == 0o600
    issue(-1)
    (until,) = x509.read(tmp_path).values()
    assert until < time.time()
    assert (tmp_path / "payment.crt").stat().st_mtime < time.time() - 80 * DAY
