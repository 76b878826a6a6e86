"""Writes the record of a run as it goes: one line a second into a file, and what it takes to repeat it beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from telic.errors import WorldError
from telic.model import dump
from telic.worlds.load.order import About, Order
from telic.worlds.load.record import SecondLine, encode


@contextmanager
def recording(order: Order, about: About) -> Iterator[Callable[[SecondLine], None]]:
    """Yield what writes a line of the record; unless the order is quiet it is shown on stdout too."""
    try:
        order.record.parent.mkdir(parents=True, exist_ok=True)
        order.record.with_suffix(".run.json").write_bytes(dump(about, schema="telic/load/v1", indent=2))
        descriptor = os.open(order.record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WorldError(f"cannot write {order.record}: {error.strerror}", hint="give another --record") from error

    shown = not order.quiet

    def write(line: SecondLine) -> None:
        nonlocal shown
        data = encode(line)
        try:
            os.write(descriptor, data)
        except OSError as error:
            raise WorldError(f"cannot write {order.record}: {error.strerror}", hint="free some disk space") from error
        try:
            if shown:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            shown = False  # nobody looks any more; the record goes on

    try:
        yield write
    finally:
        os.close(descriptor)
