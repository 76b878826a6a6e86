"""Sockets: loopback alone, names that fit, and nobody is pushed aside."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from telic.errors import PortInUse, UsageError, WorldUnavailable
from telic.telemetry import listeners
from telic.telemetry.forward import WAITING_MAX, Forwarder
from telic.telemetry.receiver import read_options


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.168.1.1:4318", "[::]:0"])
def test_only_loopback_is_listened_on(address: str) -> None:
    with pytest.raises(UsageError, match="not on this machine alone") as refused:
        listeners.loopback(address)
    assert "--allow-remote" in refused.value.hint
    assert listeners.is_remote(address)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "127.0.0.1:0"])
def test_others_are_let_in_where_that_was_said(address: str) -> None:
    with listeners.network(address) as found:
        assert found.getsockname()[0] == address[:-2]


@pytest.mark.parametrize("address", ["", "localhost", "example.org:80", "127.0.0.1:port", "127.0.0.1:70000"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        listeners.loopback(address).close()


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", ":0"])
def test_a_free_port_is_found(address: str) -> None:
    with listeners.loopback(address) as found:
        assert found.getsockname()[1] > 0


def test_a_port_in_use_is_refused() -> None:
    with listeners.loopback("127.0.0.1:0") as first, pytest.raises(PortInUse) as refused:
        listeners.loopback(f"127.0.0.1:{first.getsockname()[1]}")
    assert "--listen" in refused.value.hint


def test_an_inherited_socket_must_listen() -> None:
    with socket.socket() as idle, pytest.raises(UsageError, match="does not listen"):
        listeners.inherited(idle.dup().detach())
    with pytest.raises(UsageError, match="no socket"):
        listeners.inherited(9999)


def test_the_unix_socket_is_private_and_replaces_a_dead_one(tmp_path: Path) -> None:
    path = tmp_path / "run" / "t.sock"
    with listeners.unix(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(WorldUnavailable, match="another receiver") as owned:
            listeners.unix(path)
        assert "telic serve" in owned.value.hint
    with listeners.unix(path) as again:
        assert again.getsockname() == str(path)


def test_a_long_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="longer than 107 bytes"):
        listeners.unix(tmp_path / ("x" * 100) / "t.sock")


def test_copies_that_do_not_fit_are_dropped_and_counted() -> None:
    with socket.socket() as silent:  # accepts and answers nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        forwarder = Forwarder(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for _ in range(10):
            forwarder.offer("/v1/traces", bytes(WAITING_MAX // 4), "application/x-protobuf", "")
        assert forwarder.dropped >= 5
        assert forwarder.sent == 0


@pytest.mark.parametrize("url", ["collector:4318", "ftp://x", "http://", ""])
def test_an_endpoint_must_be_an_address(url: str) -> None:
    with pytest.raises(UsageError, match="cannot forward"):
        Forwarder(url)


def test_the_command_line() -> None:
    said = "--state s --socket t --listen 127.0.0.1:1 --listen 127.0.0.1:2 --listen-fd 5 --bytes 9 --end-with-parent"
    options = read_options(said.split())
    assert (options.state, options.socket, options.bytes) == (Path("s"), Path("t"), 9)
    assert (options.listen, options.listen_fd) == (("127.0.0.1:1", "127.0.0.1:2"), (5,))
    assert options.end_with_parent
    assert not options.forward
    assert not options.allow_remote
