"""The control socket: JSON lines, one answer a request, errors by the name of their type."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from telic import errors
from telic.errors import TelicError, UsageError, WorldUnavailable
from telic.model import plain

_LINE = 16 << 20  # longest message [bytes]
Method = Callable[[Mapping[str, object]], Awaitable[object]]


async def serve(path: Path, methods: Mapping[str, Method]) -> asyncio.Server:
    """Listen on `path`, readable by the owner alone."""
    path.unlink(missing_ok=True)
    old = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(
            lambda reader, writer: _serve_one(methods, reader, writer), path, limit=_LINE
        )
    finally:
        os.umask(old)


def ask(path: Path, method: str, params: Mapping[str, object] | None = None, *, timeout: float = 30.0) -> object:
    """Call a method and wait for its result.

    Raises
    ------
    WorldUnavailable
        Nobody listens, or there is no answer within `timeout` [s].
    TelicError
        Whatever the method raised, as the same type.
    """
    request = msgspec.json.encode({"id": 1, "method": method, "params": params or {}}) + b"\n"
    hint = "see `telic status`; start it with `telic up`"
    try:
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(timeout)
            channel.connect(str(path))
            channel.sendall(request)
            with channel.makefile("rb") as lines:
                line = lines.readline(_LINE)
    except TimeoutError as error:
        raise WorldUnavailable(f"the supervisor does not answer {method} within {timeout:g} s", hint=hint) from error
    except OSError as error:
        raise WorldUnavailable(f"no supervisor listens on {path}: {error.strerror}", hint=hint) from error
    if not line:
        raise WorldUnavailable(f"the supervisor ended while it worked on {method}", hint=hint)
    answer = msgspec.json.decode(line)
    if "error" in answer:
        raise rebuilt(answer["error"])
    return answer["result"]


def described(error: TelicError) -> dict[str, str]:
    """Return an error as it travels."""
    return {"type": type(error).__name__, "message": str(error), "hint": error.hint}


def rebuilt(found: Mapping[str, str]) -> TelicError:
    """Return the error that `described` described."""
    kind = getattr(errors, found.get("type", ""), TelicError)
    if not (isinstance(kind, type) and issubclass(kind, TelicError)):
        kind = TelicError
    return kind(found.get("message", ""), hint=found.get("hint", ""))


async def _serve_one(methods: Mapping[str, Method], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            writer.write(await _answer(methods, line) + b"\n")
            await writer.drain()
    except (OSError, ValueError):  # the client has gone, or sent a line without an end
        return
    finally:
        writer.close()


async def _answer(methods: Mapping[str, Method], line: bytes) -> bytes:
    identity: object = None
    try:
        request = msgspec.json.decode(line)
        if not isinstance(request, dict) or request.get("method") not in methods:
            raise UsageError("no such method", hint=f"known: {', '.join(sorted(methods))}")
        identity = request.get("id")
        result = await methods[request["method"]](request.get("params") or {})
        return msgspec.json.encode({"id": identity, "result": plain(result)})
    except TelicError as error:
        return msgspec.json.encode({"id": identity, "error": described(error)})
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError) as error:
        problem = UsageError(f"not a request: {error}", hint="see docs/reference/contracts.md")
        return msgspec.json.encode({"id": identity, "error": described(problem)})
    except OSError as error:
        sys.stderr.write(f"{line[:200]!r}: {error!r}\n")
        return msgspec.json.encode(
            {"id": identity, "error": {"type": "WorldError", "message": str(error), "hint": "see supervisor.log"}}
        )
