"""``python -m telic.worlds.load``: the load generator as a process of its own.

``--ordered DESIGN`` alone reads the design and waits for the rest of its command line, a JSON array of texts on one
line of its standard input; where that ends without one, so does the process.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from telic.errors import TelicError
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order
from telic.worlds.load.run import run
from telic.worlds.load.shapes import FORMS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one load; return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    knowledge = None
    if words[:1] == ["--ordered"]:
        knowledge = _read_ahead(Path(words[1]))
        line = sys.stdin.buffer.readline()
        if not line.endswith(b"\n"):
            return 0  # whoever started us has no order for us, or has ended
        words = msgspec.json.decode(line, type=list[str])
    order = read_order(words)
    try:
        uvloop.run(run(order, knowledge))
    except TelicError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n" if error.hint else f"{error}\n")
        return error.exit_code
    return 0


def _read_ahead(design: Path) -> Knowledge | None:
    """Read all that a run will ask of a design; None where that fails, which the run will say."""
    try:
        knowledge = Knowledge(design)
        knowledge.read()
    except TelicError:
        return None
    return knowledge


def read_order(arguments: Sequence[str] | None = None) -> Order:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="telic.worlds.load", description="Drive open-loop traffic at a system and check every answer."
    )
    add = parser.add_argument
    add("--design", type=Path, required=True, help="design folder: design.json, intent.yaml, seed/")
    add("--url", required=True, help="where the entry service listens")
    add("--workload", required=True, help="workload of the intent, by id or name")
    add("--rate", type=float, help="requests a second instead of the workload's")
    add("--shape", default="constant", help=FORMS.replace("%", "%%"))
    add("--seed", type=int, default=1, help="of arrivals, operations and keys")
    add("--for", dest="seconds", type=float, required=True, help="how long to send [s]")
    add("--record", type=Path, required=True, help="file that gets one JSON line a second")
    add("--mix", default="", help="operations and weights instead of the workload's: F1=3,F5=1")
    add("--keys", type=int, default=0, help="how many keys to choose from instead of the workload's")
    add("--quiet", action="store_true", help="do not write the same lines to stdout")
    return Order(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
