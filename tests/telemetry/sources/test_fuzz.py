"""Whatever a server says, a source answers or fails with a typed error; nothing else comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.sources.cases import SERVED, WINDOW, make
from tests.telemetry.sources.replays import REPLAYS
from tests.telemetry.sources.serving import Request, Wrong

from telic.errors import SourceFailed
from telic.telemetry.sources import SCHEMAS, Limit, Question
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.visit import Visit

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(
        ["", "NaN", "+Inf", "-1", "1e400", "9" * 40, "\x00", "é\U0001f600", "2026-13-41T99:99:99Z", "0x10"]
    ),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.sampled_from(["a", "key", "name", "error"]), st.none(), max_size=2),
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from paths(each, (*at, key))


def put(value: Any, at: tuple[Any, ...], new: Any, *, drop: bool) -> Any:
    """A copy of a document with one place changed."""
    if not at:
        return new
    made = dict(value) if isinstance(value, dict) else list(value)
    if drop and len(at) == 1:
        del made[at[0]]
    else:
        made[at[0]] = put(made[at[0]], at[1:], new, drop=drop)
    return made


@pytest.mark.parametrize("name", SERVED)
@given(data=st.data())
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_one_odd_place_in_an_answer_breaks_nothing(name: str, data: st.DataObject) -> None:
    def exchange(visit: Visit, method: str, path: str, query: str, body: bytes | None, _: dict[str, str]) -> bytes:
        params = tuple(parse_qsl(query or (body or b"").decode(), keep_blank_values=True))
        own = path or "/api/deploys"
        try:
            found = json.loads(REPLAYS[name](Request(method, own, params, {}, body or b"")).body)
        except Wrong as error:
            raise visit.failed(f"refuses: {error}", "ask otherwise") from error
        places = list(paths(found))
        place = places[data.draw(st.integers(0, len(places) - 1))]
        changed = put(found, place, data.draw(ODD), drop=bool(place) and data.draw(st.booleans()))
        return json.dumps(changed).encode()

    source = make(name, "http://127.0.0.1:1", Path("/nowhere"))
    signal = data.draw(st.sampled_from(source.offers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Visit, "_exchange", exchange)
        try:
            answer = source.fetch(Question(signal, WINDOW))
        except SourceFailed as error:
            assert error.hint  # noqa: PT017 - both ends are right
        else:
            assert answer.table.schema == SCHEMAS[signal]


@given(st.binary(max_size=200), st.integers(100, 599))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_error_body_becomes_one_printable_line(body: bytes, status: int) -> None:
    class Response:
        def __init__(self) -> None:
            self.status = status

        def getheader(self, name: str, default: str = "") -> str:
            return default

    visit = Visit(Place.of("loki", "http://ann:hunter22@logs"), Limit())
    error = visit._refused(Response(), b"hunter22 " + body)  # type: ignore[arg-type]
    assert str(error).isprintable()
    assert "hunter22" not in str(error)
    assert error.hint
