"""Reading: what the bundled intents say, where files fail, and that broken text raises nothing but InvalidIntent."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic import apps
from telic.errors import InvalidIntent, UnknownName
from telic.intent import canonical, intent_hash, read, read_text, require_complete, services_of
from telic.intent.source import MAX_BYTES, MAX_DEPTH
from telic.model import Intent, dump, load

HERE = Path(__file__).parent
ROOMS = (HERE / "rooms.yaml").read_text()
NOTES = HERE.parents[1] / "examples" / "01-notes"


@pytest.fixture(scope="module")
def hotel() -> Intent:
    return read(apps.find("hotel"))


def test_the_hotel_is_what_the_paper_asks_for(hotel: Intent) -> None:
    assert hotel.system == "hotel"
    assert [each.name for each in hotel.entities] == ["User", "Hotel", "Activity", "Booking", "Payment", "Review"]
    assert [(each.id, each.name, each.kind) for each in hotel.operations] == [
        ("F1", "search_hotels", "geo_search"),
        ("F2", "search_activities", "geo_search"),
        ("F3", "reserve", "reserve"),
        ("F4", "pay", "transition"),
        ("F5", "read_reviews", "list_by_ref"),
        ("F6", "write_review", "create"),
        ("F7", "manage_user", "crud"),
    ]
    latency = hotel.objectives[0]
    assert (latency.sli, latency.below, latency.target, latency.under) == ("latency", 0.1, 0.99, "W2")
    assert hotel.workload("high").rate == 300.0
    assert hotel.workload("W2").mix == hotel.workload("W1").mix
    assert sum(hotel.workload("W1").mix.values()) == 100.0
    assert services_of(hotel) == ("gateway", "search", "user", "hotel", "activity", "booking", "payment", "review")
    assert require_complete(hotel) is hotel


def test_the_hotel_gives_every_service_a_capacity_and_one_is_the_bottleneck(hotel: Intent) -> None:
    assert {each.service for each in hotel.capacity} == set(services_of(hotel))
    per_second = {each.service: each.slots / each.service_time for each in hotel.capacity}
    mix = hotel.workload("high").mix
    calls = {"hotel": mix["F1"] + mix["F2"] + mix["F3"], "search": mix["F1"] + mix["F2"], "gateway": 100.0}
    full_at = {service: per_second[service] / (share / 100) / 300.0 for service, share in calls.items()}
    assert 1.2 <= full_at["hotel"] <= 1.5  # times the high workload
    assert all(full > 3 for service, full in full_at.items() if service != "hotel")


def test_every_mutating_operation_of_the_hotel_can_be_retried(hotel: Intent) -> None:
    assert all(each.idempotent for each in hotel.operations if each.kind not in ("geo_search", "list_by_ref"))


def test_a_users_own_system_reads_cleanly() -> None:
    notes = require_complete(read(apps.find(NOTES)))
    assert services_of(notes) == ("gateway", "user", "note")
    assert [each.kind for each in notes.operations] == ["create", "list_by_ref", "crud"]


def test_an_intent_goes_to_json_and_back(hotel: Intent) -> None:
    assert load(Intent, dump(hotel, schema="telic/intent/v1"), schema="telic/intent/v1") == hotel


def test_comments_layout_and_order_of_keys_do_not_change_the_hash(hotel: Intent) -> None:
    text = ROOMS.replace("intent: v1\nsystem: rooms\n", "# a comment\nsystem:   rooms\n\nintent: 'v1'\n")
    text = text.replace("{id: O2, service: gateway,", "{service: gateway, id: O2,").replace(
        "target: 99%", "target: 0.99"
    )
    assert text != ROOMS
    assert read_text(text).hash == read_text(ROOMS).hash != hotel.hash
    assert hotel.hash == intent_hash(hotel)
    assert hotel.hash.startswith("sha256:")
    assert len(hotel.hash) == len("sha256:") + 64


def test_a_changed_value_changes_the_hash_and_a_zero_counts(hotel: Intent) -> None:
    assert read_text(ROOMS.replace("rate: 90/s", "rate: 91/s")).hash != read_text(ROOMS).hash
    assert read_text(ROOMS.replace(", F2: 0s}", "}")).hash != read_text(ROOMS).hash
    assert b'"hash"' not in canonical(hotel)


def test_a_list_of_answers_is_many_of_one() -> None:
    assert read_text(ROOMS).operations[0].outputs[0].many
    unchecked = ROOMS.replace(', check: "all(dist(r.loc, at) <= km for r in F1)"', "")
    assert not read_text(unchecked.replace("out: [Room]", "out: Room")).operations[0].outputs[0].many


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "1:1: the file is empty (start with intent: v1; see docs/reference/intent.md)"),
        ("# nothing but this\n", "1:1: the file is empty (start with intent: v1; see docs/reference/intent.md)"),
        ("---\n", "1:1: the file is empty (start with intent: v1; see docs/reference/intent.md)"),
        ("42", "1:1: an intent is not a mapping (write key: value pairs)"),
        ("- intent", "1:1: an intent is not a mapping (write key: value pairs)"),
        ("a: {b: c", "1:9: not YAML: expected ',' or '}', but got '<stream end>' (see the line and the one above)"),
        ("a: b: c", "1:5: not YAML: mapping values are not allowed here (see the line and the one above)"),
        ("a: &x [*x, *x]", "1:4: anchor &x is not allowed (write the value out)"),
        ("a: *x", "1:4: alias *x is not allowed (write the value out)"),
        ("a: !!python/name:os.system b",
         "1:4: tag tag:yaml.org,2002:python/name:os.system is not allowed (write plain values)"),
        ("--- 1\n--- 2\n", "2:1: a second document starts here (one intent a file; delete the ---)"),
        ("[" * 100, f"1:{MAX_DEPTH + 1}: nested deeper than {MAX_DEPTH} levels (the format needs 8)"),
        ("a" * (MAX_BYTES + 1), f"1:1: the file has more than {MAX_BYTES} bytes (an intent is a few pages)"),
    ],
)  # fmt: skip
def test_text_that_is_no_intent_at_all(text: str, finding: str) -> None:
    with pytest.raises(InvalidIntent) as caught:
        read_text(text, file="mine.yaml")
    assert str(caught.value) == f"mine.yaml: 1 finding\n  mine.yaml:{finding}"


def test_control_characters_are_refused() -> None:
    with pytest.raises(InvalidIntent, match="special characters are not allowed"):
        read_text("intent: v1\x00")


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"text: caf\xe9")
    for path, message in (
        (tmp_path / "none.yaml", "none.yaml: cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "latin.yaml", "latin.yaml: not text in UTF-8 (byte 9)"),
    ):
        with pytest.raises(InvalidIntent) as caught:
            read(path)
        assert str(caught.value).endswith(message)
        assert caught.value.hint
        assert caught.value.context["file"] == str(path)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_mangled_intent_reads_or_raises_invalid_intent(chance: random.Random) -> None:
    """Cut, double, swap and sprinkle characters into a good intent."""
    text = list(ROOMS)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text))
        end = min(len(text), start + chance.randint(0, 40))
        piece = text[start:end]
        text[start:end] = chance.choice(
            [
                [],
                piece * 2,
                piece[::-1],
                list(chance.choice(["{", "[", "]", "}", ": ", "- ", "\n", "\t", "'", "&a ", "\x07"])),
            ]
        )
    with suppress(InvalidIntent):
        assert read_text("".join(text)).hash


def _flow(values: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


KEYS = st.sampled_from(["id", "name", "on", "in", "for", "service", "sli", "mix", "set"])
VALUES = st.recursive(
    st.sampled_from(["", "F1", "5s", "Room", "1", "held->paid", "ref(Room)", "per(room)", "~", "x y"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
        | st.dictionaries(KEYS, inner, max_size=3).map(_flow)
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, ROOMS.count(": ") - 1), VALUES)
def test_any_value_in_any_place_reads_or_raises_invalid_intent(place: int, value: str) -> None:
    parts = ROOMS.split(": ")
    rest = parts[place + 1]
    end = min((rest.find(sign) for sign in (",", "}", "\n") if sign in rest), default=len(rest))
    parts[place + 1] = value + rest[end:]
    with suppress(InvalidIntent):
        assert read_text(": ".join(parts)).hash


def test_bundled_systems_and_paths_are_found(tmp_path: Path) -> None:
    assert "hotel" in apps.names()
    assert apps.find("hotel").is_file()
    (tmp_path / "intent.yaml").write_text(ROOMS)
    assert apps.find(tmp_path) == apps.find(tmp_path / "intent.yaml") == tmp_path / "intent.yaml"


def test_an_unknown_system_has_a_near_name() -> None:
    with pytest.raises(UnknownName) as caught:
        apps.find("hotle")
    assert str(caught.value) == "hotle: no bundled system and no file of that name"
    assert caught.value.hint == "did you mean hotel?; or give the path of an intent, such as ./intent.yaml"
