"""What a Valkey server says of itself, asked from the world's network. Source: Valkey, INFO."""

from __future__ import annotations

import socket
from typing import Final

WITHIN: Final = 0.5  # [s]
LEFT_OUT: Final = ("executable", "config_file", "process_id", "run_id")  # of this machine, or as its namespace counts


def info(port: int) -> str:
    """Return its sections of ``INFO``, or why it does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as line, line.makefile("rb") as answer:
            line.sendall(b"INFO everything\r\n")
            size = int(answer.readline().removeprefix(b"$"))
            return told(answer.read(size).decode(errors="replace"))
    except (OSError, ValueError) as error:
        return f"it does not answer: {error}\n"


def told(text: str) -> str:
    r"""Return an answer without what is not for who asks.

    Examples
    --------
    >>> told("# Server\r\nvalkey_version:9.1.2\r\nexecutable:/opt/x/valkey-server\r\n")
    '# Server\nvalkey_version:9.1.2\n'
    """
    kept = (line for line in text.splitlines() if line.partition(":")[0] not in LEFT_OUT)
    return "".join(f"{line}\n" for line in kept)
