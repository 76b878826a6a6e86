"""Times of others as nanoseconds since the epoch, UTC, whatever they were written as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute

from telic.opportunities.model import Ints

pa: Any = pyarrow
pc: Any = pyarrow.compute
Mask = npt.NDArray[np.bool_]

FORMATS = (  # that are no ISO 8601; the first that reads every time of the sample
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p",
    "%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%d/%b/%Y:%H:%M:%S", "%b %d, %Y %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d",
)  # fmt: skip
_ZONE = r"[0-9]{2}:[0-9]{2}[0-9:.,]* ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_ISO = f"""
SELECT coalesce(epoch_ns(moment), 0)
       - CASE WHEN len(zone) > 1 THEN 60000000000 * (CASE WHEN zone[1] = '-' THEN -1 ELSE 1 END)
           * (60 * CAST(zone[2:3] AS BIGINT) + coalesce(TRY_CAST(zone[4:][-2:] AS BIGINT), 0))
         ELSE 0 END,
       moment IS NULL,
       zone <> ''
FROM (SELECT zone, TRY_CAST(trim(left(x, len(x) - len(zone))) AS TIMESTAMP_NS) AS moment
      FROM (SELECT x, regexp_extract(x, '{_ZONE}', 1) AS zone
            FROM (SELECT replace(CAST(x AS VARCHAR), ',', '.') AS x FROM given)))
"""
_UNITS = ((1e11, "s", 10**9), (1e14, "ms", 10**6), (1e17, "us", 10**3), (float("inf"), "ns", 1))
_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


@dataclass(frozen=True)
class Read:
    """Times of a piece.

    Parameters
    ----------
    at : shape (N,)
        [ns since the epoch, UTC]; anything where `bad`.
    bad : shape (N,)
        Those that are missing or no time.
    zoned : shape (N,)
        Those written with a zone, where times are text; else empty.
    """

    at: Ints
    bad: Mask
    zoned: Mask


@dataclass(frozen=True)
class Times:
    """How a column's times are read, and why so.

    Parameters
    ----------
    unit
        How they are stored: ``timestamp``, or whole numbers of ``s``, ``ms``, ``us`` or ``ns`` since the epoch; "" for
        what is neither.
    """

    how: str
    read: Callable[[Any], Read]
    unit: str = ""


def times(kind: Any, sample: Any) -> Times | None:
    """Return how the times of a column are read, or None where it holds none.

    Parameters
    ----------
    kind
        Its ``pyarrow.DataType``.
    sample
        Some of its values, a ``pyarrow`` array.
    """
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zone = "" if pa.types.is_date(kind) or kind.tz is None else f" of zone {kind.tz}"
        return Times(f"its type is {kind}{zone or ', taken as UTC'}", _of_instants, "timestamp")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = sample.drop_null()
        middle = abs(float(pc.quantile(values, 0.5)[0].as_py())) if len(values) else 0.0
        unit, scale = next((unit, scale) for limit, unit, scale in _UNITS if middle < limit)
        stored = "" if pa.types.is_floating(kind) else unit
        return Times(f"its numbers are {_NAMES[unit]} since 1970", lambda array: _of_numbers(array, scale), stored)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return _of_text(sample)
    return None


_SPLIT = r"\d[-/:.T ]\d|\d{8}"
"""What every text of a time has somewhere."""


def _of_text(sample: Any) -> Times | None:
    values = sample.drop_null()
    if not len(values) or pc.sum(pc.match_substring_regex(_plain(values), _SPLIT)).as_py() < 0.5 * len(values):
        return None  # most columns of text: told from times without reading them as such
    read = _iso(values)
    if not read.bad.any():
        zone = "with their zone" if read.zoned.all() else "taken as UTC" if not read.zoned.any() else "of mixed zones"
        return Times(f"its texts are ISO 8601 times, {zone}", _iso)
    for form in FORMATS:
        if not _formatted(values, form).bad.any():
            return Times(f"its texts are times like {form}, taken as UTC", partial(_formatted, form=form))
    if read.bad.mean() < 0.5:
        return Times("most of its texts are ISO 8601 times", _iso)
    shares = [(float(_formatted(values, form).bad.mean()), form) for form in FORMATS]
    share, form = min(shares, key=lambda pair: pair[0])
    if share < 0.5:
        return Times(f"most of its texts are times like {form}, taken as UTC", partial(_formatted, form=form))
    return None


def _asked(array: Any, sql: str) -> tuple[Any, ...]:
    given = pa.table({"x": _plain(array)})
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.register("given", given)
        found = connection.execute(sql).fetchnumpy()
    return tuple(found.values())


def _plain(array: Any) -> Any:
    """Return texts whose bytes are UTF-8; a time has no others."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        values = [None if value is None else value.decode("utf-8", "replace") for value in array.to_pylist()]
        return pa.array(values, pa.string())
    return array


def _iso(array: Any) -> Read:
    at, bad, zoned = _asked(array, _ISO)
    missing = np.ma.getmaskarray(zoned) | np.ma.getmaskarray(bad)
    return Read(
        np.ma.getdata(at).astype(np.int64, copy=False),
        np.ma.getdata(bad).astype(np.bool_) | missing,
        np.ma.getdata(zoned).astype(np.bool_) & ~missing,
    )


def _formatted(array: Any, form: str) -> Read:
    (at,) = _asked(array, f"SELECT epoch_ns(try_strptime(x, '{form}')) FROM given")
    bad = np.ma.getmaskarray(at)
    return Read(np.ma.getdata(at).astype(np.int64, copy=False), np.asarray(bad), np.zeros(0, np.bool_))


def _of_instants(array: Any) -> Read:
    bad = _missing(array)
    instants = array if pa.types.is_timestamp(array.type) else array.cast(pa.timestamp("ms"))
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[instants.type.unit]
    numbers = instants.cast(pa.int64())
    return _scaled(numbers, scale, bad)


def _of_numbers(array: Any, scale: int) -> Read:
    bad = _missing(array)
    if pa.types.is_floating(array.type):
        values = np.asarray(array.cast(pa.float64()).fill_null(0.0), np.float64)
        bad |= ~np.isfinite(values) | (np.abs(values) * scale >= 2.0**63)
        whole = np.floor(np.where(bad, 0.0, values))
        rest = np.rint((np.where(bad, 0.0, values) - whole) * scale)
        return Read(whole.astype(np.int64) * scale + rest.astype(np.int64), bad, np.zeros(0, np.bool_))
    if pa.types.is_uint64(array.type):
        bad |= np.asarray(pc.greater(array, pa.scalar(2**63 - 1, pa.uint64())).fill_null(False), np.bool_)
        array = pc.if_else(pa.array(bad), pa.scalar(0, pa.uint64()), array)
    return _scaled(array.cast(pa.int64()), scale, bad)


def _scaled(numbers: Any, scale: int, bad: Mask) -> Read:
    values = np.asarray(numbers.fill_null(0) if numbers.null_count else numbers, np.int64)
    if scale > 1:
        limit = (2**63 - 1) // scale
        if len(values) and (values.max() > limit or values.min() < -limit):
            bad = bad | (values > limit) | (values < -limit)
            values = np.where(bad, 0, values)
        values = values * scale
    return Read(values, bad, np.zeros(0, np.bool_))


def _missing(array: Any) -> Mask:
    if not array.null_count:
        return np.zeros(len(array), np.bool_)
    return np.asarray(array.is_null(), np.bool_)
