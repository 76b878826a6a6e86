"""``python -m telic_kit FILE.py:CLASS``: runs an agent written for AIOpsLab in the session of the environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from .aiopslab import AiopslabActor, load
from .client import connect

if TYPE_CHECKING:
    from telic.lab.session.session import Session


def main(words: list[str]) -> int:
    """Connect, load the agent, let it work; return the exit status."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m telic_kit FILE.py:CLASS\n")
        return 2
    AiopslabActor(load(words[0])).run(cast("Session", connect()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
