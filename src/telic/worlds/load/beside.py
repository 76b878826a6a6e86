"""Loads besides the usual one, each a process that ends with this one."""

from __future__ import annotations

from pathlib import Path

from telic.errors import WorldError
from telic.worlds.load.order import Order
from telic.worlds.load.process import LoadProcess, start


class Beside:
    """Sends loads by name.

    Parameters
    ----------
    folder
        Gets a record of each.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sending: dict[str, LoadProcess] = {}

    def send(self, name: str, wanted: Order) -> None:
        """Send a load under a name that sends none."""
        self._sending[name] = start(
            wanted.design,
            wanted.url,
            record=self._folder / f"sent-{name}.jsonl",
            workload=wanted.workload,
            rate=wanted.rate,
            shape=wanted.shape,
            seed=wanted.seed,
            seconds=wanted.seconds,
            mix=wanted.mix,
            keys=wanted.keys,
        )

    def end(self, name: str) -> None:
        """End a load; one that is not sent has ended.

        Raises
        ------
        WorldError
            It had ended before, by itself: users felt less than is on record.
        """
        sending = self._sending.pop(name, None)
        if sending is None:
            return
        failed = sending.failed()
        sending.stop()
        if failed:
            raise WorldError(f"the load {name} {failed}", hint=f"see {sending.log}, and play it again")

    def close(self) -> None:
        """End them all."""
        while self._sending:
            self._sending.popitem()[1].stop()
