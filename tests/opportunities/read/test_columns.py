from __future__ import annotations

from typing import Any

import pyarrow
import pytest

from telic.errors import UsageError
from telic.opportunities.read import columns
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
START = 1_767_261_600


def rows(count: int = 400) -> Rows:
    return Rows(
        "clicks",
        pa.table(
            {
                "Event Name": [f"e{n % 5}" for n in range(count)],
                "ts": [f"2026-01-01T00:00:{n % 60:02d}Z" for n in range(count)],
                "sessionId": [f"s{n // 8}" for n in range(count)],
                "user.id": [f"u{n // 40}" for n in range(count)],
                "plan": ["free", "paid"] * (count // 2),
                "price": [n / 3 for n in range(count)],
                "priority": [n % 4 for n in range(count)],
                "row": list(range(count)),
                "event_id": [f"{n:08x}" for n in range(count)],
                "created": ["2026-01-01"] * count,
                "tags": [["a"]] * count,
            }
        ),
    )


def test_roles_are_guessed_from_names_and_types_with_reasons() -> None:
    chosen = columns(rows())
    assert (chosen.time, chosen.event, chosen.group, chosen.user) == ("ts", "Event Name", "sessionId", "user.id")
    assert chosen.attributes == ("plan", "priority")
    assert chosen.numbers == ("price", "priority")
    assert dict(chosen.left) == {
        "row": "it numbers rows or groups",
        "event_id": "hardly a value repeats",
        "created": "another time",
        "tags": "its type list<item: string> is nested",
    }
    assert chosen.why["time"] == "by its name; its texts are ISO 8601 times, with their zone"


def test_a_wrong_guess_is_corrected_by_name() -> None:
    chosen = columns(
        rows(), overrides={"time": "created", "user": "", "group": "user.id", "attributes": "plan, event_id"}
    )
    assert (chosen.time, chosen.user, chosen.group) == ("created", "", "user.id")
    assert chosen.attributes == ("plan", "event_id")
    assert "event_id" not in chosen.left
    assert chosen.why["group"] == "as you said"


def test_only_the_word_id_makes_a_column_the_group() -> None:
    told = {"ts": ["2026-01-01"] * 60, "paid": ["yes", "no"] * 30, "basketID": [f"b{n // 6}" for n in range(60)]}
    assert columns(Rows("baskets", pa.table(told))).group == "basketID"
    del told["basketID"]
    assert columns(Rows("baskets", pa.table(told))).group == ""


def test_groups_may_be_users() -> None:
    assert columns(rows(), by="user").group == "user.id"


@pytest.mark.parametrize(
    ("overrides", "said", "hint"),
    [
        ({"time": "tss"}, "no column 'tss'", "did you mean ts"),
        ({"tiem": "ts"}, "no role 'tiem'", "did you mean time"),
        ({"time": "plan"}, "holds no times", "name another"),
        ({"attributes": "plan,os"}, "no column 'os'", ""),
    ],
)
def test_a_column_that_cannot_be_is_an_error_with_a_hint(overrides: dict[str, str], said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        columns(rows(), overrides=overrides)
    assert hint in caught.value.hint


def test_a_source_without_columns_says_so() -> None:
    with pytest.raises(UsageError, match="has no columns"):
        columns(Rows("nothing", pa.table({})))
