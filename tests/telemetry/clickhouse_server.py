"""ClickHouse's HTTP interface in front of the engine in this process, as far as Telic speaks to it."""

from __future__ import annotations

import re
from typing import Any

import pyarrow.ipc
from tests.telemetry.local_store import Embedded
from tests.telemetry.sources.serving import Handler, Reply, Request

_FORMAT = re.compile(r"\s+FORMAT\s+(\w+)\s*$", re.I)
_INSERT = re.compile(r"INSERT INTO\s+(\S+)\s*\(")
_SETTINGS = ("max_result_rows", "max_result_bytes", "max_execution_time", "result_overflow_mode", "limit")


def handler(engine: Embedded) -> Handler:
    """Return what answers requests with the rows of `engine`."""

    def answer(request: Request) -> Reply:
        given = dict(request.params)
        if found := _INSERT.match(given.get("query", "")):
            arrow: Any = pyarrow
            engine.insert(found[1].replace("`", ""), arrow.ipc.open_file(request.body).read_all())
            return Reply(b"")
        sql = given.get("query") or request.body.decode()
        made = _FORMAT.search(sql)
        name, sql = (made[1], _FORMAT.sub("", sql)) if made else (given.get("default_format", "TabSeparated"), sql)
        said = ", ".join(f"{each} = '{given[each]}'" for each in _SETTINGS if each in given)
        params = {key.removeprefix("param_"): value for key, value in given.items() if key.startswith("param_")}
        try:
            result = engine.session.query(f"{sql} SETTINGS {said}" if said else sql, name, params=params)
        except RuntimeError as error:
            return Reply(str(error).encode(), 404, {"X-ClickHouse-Exception-Code": "60"})
        return Reply(result.bytes() if result is not None and result.bytes() else b"")

    return answer
