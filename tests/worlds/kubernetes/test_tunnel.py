"""A tunnel: bytes both ways, to a pod that is ready now; and the API's way to a port, over a web socket."""

from __future__ import annotations

import base64
import hashlib
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.worlds.kubernetes.cluster import Cluster
from tests.worlds.kubernetes.test_api import KUBECONFIG

from telic.clock import VirtualClock
from telic.errors import WorldError
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import ClientApi, connect
from telic.worlds.kubernetes.tunnel import Tunnel


class Dialled(Cluster):
    """A cluster whose every pod tells its name and repeats what it hears."""

    def dial(self, pod: str, port: int) -> socket.socket:
        if pod == "gone":
            raise WorldError("no such pod")
        near, far = socket.socketpair()

        def talk() -> None:
            with far:
                far.sendall(f"{pod}:{port} ".encode())
                while heard := far.recv(100):
                    far.sendall(heard)

        threading.Thread(target=talk, daemon=True).start()
        return near

    def add(self, name: str, *, ready: bool) -> None:
        metadata = {"name": name, "labels": names.selector("shop", "cart")}
        status = {"conditions": [{"type": "Ready", "status": str(ready)}], "containerStatuses": [{"started": True}]}
        self.create({"kind": "Pod", "metadata": metadata, "status": status})


def heard(at: int | str, words: bytes = b"hello") -> bytes:
    with socket.socket(socket.AF_UNIX if isinstance(at, str) else socket.AF_INET) as asking:
        asking.settimeout(5.0)
        asking.connect(at if isinstance(at, str) else ("127.0.0.1", at))
        found = asking.recv(100)
        if found:
            asking.sendall(words)
            while not found.endswith(words) and (more := asking.recv(100)):
                found += more
        return found


def test_a_tunnel_carries_bytes_to_a_pod_that_is_ready() -> None:
    api = Dialled(VirtualClock())
    api.add("cart-1", ready=True)
    api.add("cart-2", ready=False)
    with Tunnel(api, "shop", "cart", 8080) as tunnel:
        port = tunnel.port
        assert [heard(port) for _ in range(3)] == [b"cart-1:8080 hello"] * 3
    with pytest.raises(ConnectionRefusedError):
        heard(port)


@pytest.mark.parametrize("pods", [{}, {"gone": True}, {"cart-2": False}])
def test_without_a_pod_that_answers_a_connection_is_closed_at_once(pods: dict[str, bool]) -> None:
    api = Dialled(VirtualClock())
    for name, ready in pods.items():
        api.add(name, ready=ready)
    with Tunnel(api, "shop", "cart", 8080) as tunnel:
        assert heard(tunnel.port) == b""


def test_questions_go_through_a_socket_of_this_user_alone(tmp_path: Path) -> None:
    api, at = Dialled(VirtualClock()), tmp_path / "ask.sock"
    api.add("cart-1", ready=True)
    with Tunnel(api, "shop", "cart", 4319, at=at):
        assert heard(str(at)) == b"cart-1:4319 hello"
        assert stat.S_IMODE(at.stat().st_mode) == 0o600


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ClientApi]:
    """The official client on a server that forwards a port as the API does, to something that repeats what it hears."""
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=_forward, args=(server,), daemon=True).start()
        path = tmp_path / "kubeconfig"
        path.write_text(KUBECONFIG.replace("URL", f"http://127.0.0.1:{server.getsockname()[1]}"))
        yield connect("shop", kubeconfig=str(path))


def _forward(server: socket.socket) -> None:
    while True:
        try:
            one, _ = server.accept()
        except OSError:
            return
        with one, one.makefile("rb") as lines:
            asked = lines.readline().decode()
            head = {}
            while line := lines.readline().strip().decode():
                key, _, value = line.partition(": ")
                head[key.lower()] = value
            if head.get("authorization") != "Bearer secret-token" or "pods/cart-1/portforward?ports=8080" not in asked:
                one.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                continue
            accept = hashlib.sha1(f"{head['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            chosen = head["sec-websocket-protocol"].split(",")[-1].strip()
            one.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + f"Sec-WebSocket-Accept: {base64.b64encode(accept).decode()}\r\n".encode()
                + f"Sec-WebSocket-Protocol: {chosen}\r\n\r\n".encode()
            )
            for channel in (0, 1):  # each channel tells its port first
                one.sendall(_frame(bytes([channel]) + struct.pack("<H", 8080)))
            while (heard := _read(lines)) is not None:
                one.sendall(_frame(heard))


def _frame(data: bytes) -> bytes:
    assert len(data) < 126
    return bytes([0x82, len(data)]) + data


def _read(lines: object) -> bytes | None:
    """Read one masked frame; None at the end."""
    head = lines.read(2)  # type: ignore[attr-defined]
    if len(head) < 2 or head[0] & 0x0F == 8:
        return None
    mask = lines.read(4)  # type: ignore[attr-defined]
    data: bytes = lines.read(head[1] & 0x7F)  # type: ignore[attr-defined]
    return bytes(each ^ mask[number % 4] for number, each in enumerate(data))


def test_the_official_client_forwards_a_port(api: ClientApi) -> None:
    with closing(api.dial("cart-1", 8080)) as way:
        way.settimeout(5.0)
        way.sendall(b"hello")
        assert way.recv(100) == b"hello"
    with pytest.raises(WorldError, match="port 8080 of pod cart-2 cannot be reached") as refused:
        api.dial("cart-2", 8080)
    assert "pods/portforward" in refused.value.hint
