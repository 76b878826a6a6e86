"""The fork server's process: imports what services share once, then forks them; has one thread and no event loop."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from telic.worlds.local import namespace

MESSAGE_BYTES = 65_536


def main() -> None:
    """``python -m telic.worlds.local.forkserver PARENT FD MODULE`` until the supervisor hangs up."""
    namespace.die_with_parent(int(sys.argv[1]))
    orders = socket.socket(fileno=int(sys.argv[2]))
    serve = importlib.import_module(sys.argv[3])
    serve.preload()
    gc.collect()
    gc.freeze()  # the collector must not touch, and so copy, pages shared with services
    orders.send(b'{"ready": true}')
    _obey(orders, serve)


def _obey(orders: socket.socket, serve: ModuleType) -> None:
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_reader, False)
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    waiting: list[socket.socket | int] = [orders, wake_reader]
    while True:
        ready, _, _ = select.select(waiting, [], [])
        if wake_reader in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_reader, 4096)
        _report_exits(orders)
        if orders in ready:
            message = orders.recv(MESSAGE_BYTES)
            if not message:
                return
            order = json.loads(message)
            pid = os.fork()
            if pid == 0:
                for descriptor in (wake_reader, wake_writer):
                    os.close(descriptor)
                _become_service(orders, serve, order)
            orders.send(json.dumps({"id": order["id"], "pid": pid}).encode())


def _report_exits(orders: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        orders.send(json.dumps({"exit": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _become_service(orders: socket.socket, serve: ModuleType, order: dict[str, str]) -> NoReturn:
    code = 1
    try:
        namespace.die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        orders.close()
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        result = serve.run(order["service"], order["instance"], Path(order["release"]), Path(order["config"]))
        code = int(result or 0)
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:  # noqa: BLE001 - the last frame of a forked process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
