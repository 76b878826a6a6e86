"""A store behind the socket on which a receiver answers, without the receiver."""

from __future__ import annotations

import atexit
import http.server
import socketserver
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from tests.telemetry.local_store import LocalStore

from telic.errors import TelicError
from telic.settings import run_folder
from telic.telemetry.columns import TableRow
from telic.telemetry.reading import Query
from telic.telemetry.wire import ErrorReply, QueryRequest


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def answering(folder: Path, tables: Mapping[str, Sequence[TableRow]]) -> None:
    """Answer queries about `tables` as a receiver with the state `folder` would, until the process ends."""
    kept = LocalStore(folder)
    for table, some in tables.items():
        kept.put(table, *some)

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])), type=QueryRequest)
            try:
                status, body = 200, Query(kept.database.cursor(), asked).run()
            except TelicError as error:
                status, body = 400, msgspec.json.encode(ErrorReply(str(error), error.hint))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "a unix socket"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    where = run_folder(folder) / "telemetry.sock"
    where.parent.mkdir(parents=True, exist_ok=True)
    where.unlink(missing_ok=True)
    server = _Server(str(where), Answer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    atexit.register(_end, server, kept, where)


def _end(server: _Server, kept: LocalStore, where: Path) -> None:
    server.shutdown()
    server.server_close()
    kept.close()
    where.unlink(missing_ok=True)
    where.parent.rmdir()
