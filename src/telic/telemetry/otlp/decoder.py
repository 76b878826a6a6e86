"""Bodies into columns: through the compiled scanners where they are ready, else row by row; the rows are the same."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from telic.errors import TelicError
from telic.telemetry.batch import Batch
from telic.telemetry.columns import Columns
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.calls import Peers
from telic.telemetry.otlp.logs import Logs
from telic.telemetry.otlp.metrics import Metrics
from telic.telemetry.otlp.traces import Spans
from telic.telemetry.rollup import Counts

if TYPE_CHECKING:
    from telic.telemetry.otlp.scan.columns import Scanners

log = logging.getLogger(__name__)
READERS: dict[str, type[Spans] | type[Logs] | type[Metrics]] = {"spans": Spans, "logs": Logs, "metrics": Metrics}


class Decoder:
    """Reads the bodies of one commit after another; used by one thread.

    Parameters
    ----------
    scanners
        The compiled way, where it is ready.
    peers
        Names whom calls go to, where spans do not.
    """

    def __init__(self, scanners: Scanners | None = None, peers: Peers | None = None) -> None:
        self._scanners, self._peers = scanners, peers
        self._batch = Batch()

    @property
    def compiled(self) -> bool:
        """Whether the compiled way is taken."""
        return self._scanners is not None

    def read(self, table: str, data: bytes, media: str, received_ns: int) -> tuple[int, str]:
        """Take the things of one body; return how many break the format, and why the last one does.

        Raises
        ------
        UnreadableBody
            The bytes are no export of `table`; nothing of it was taken.
        """
        data = otlp.as_protobuf(table, data, media)
        scanners = self._scanners
        if scanners is None or not scanners.accept(table, data):
            otlp.validate(table, data)
        try:
            if scanners is not None and (found := scanners.add(table, data, received_ns)) is not None:
                return found
            reader = READERS[table](otlp.parse(table, data), received_ns)
            rows = reader.rows()
            self._batch.add(table, self._peers.named(rows) if self._peers and table == "spans" else rows)
        except (DecodeError, ValueError, OverflowError, RecursionError) as error:
            raise otlp.unreadable(table, error) from error
        return reader.rejected, reader.reason

    def finish(self) -> tuple[Mapping[str, Columns], Counts]:
        """Return columns by table and counts of server spans of everything read since the last call.

        The columns are overwritten after the next call of `recycle`.
        """
        batch, self._batch = self._batch, Batch()
        if self._scanners is not None:
            chunks, live = self._scanners.finish()
            batch.add_chunks(chunks, live)
        return batch.tables(), batch.live

    def recycle(self) -> None:
        """Use the memory of what `finish` returned again: it has been written."""
        if self._scanners is not None:
            self._scanners.recycle()

    def warm_up(self) -> None:
        """Get the compiled way ready in the background; until then, and where it cannot be, the plain way is taken."""
        threading.Thread(target=self._prepare, name="compile", daemon=True).start()

    def _prepare(self) -> None:
        from telic.telemetry.otlp.scan import warm

        try:
            self._scanners = warm.prepare()
        except TelicError as error:
            log.warning("telemetry is read the plain way: %s (%s)", error, error.hint)
        else:
            log.info("compiled scanners are ready")
