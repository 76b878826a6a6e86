"""Records go to JSON and back, and refuse what does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import InvalidRecord
from telic.model import Action, ActionRecord, Change, State, Undo, dump, load

scalars = st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans())
actions = st.builds(
    Action, verb=st.text(), target=st.text(), params=st.dictionaries(st.text(), scalars), reason=st.text()
)


@given(actions)
def test_an_action_survives_json(action: Action) -> None:
    assert load(Action, dump(action)) == action


@given(actions, st.floats(0, 2e9))
def test_a_record_in_a_document_survives_json(action: Action, when: float) -> None:
    record = ActionRecord("A1", "I1", action, "helped", planned=when, undo=Undo(action), checks=("one",))
    assert load(ActionRecord, dump(record, schema="telic/action/v1", indent=2), schema="telic/action/v1") == record


def test_another_schema_is_refused_by_name() -> None:
    data = dump(Action("restart", "hotel"), schema="telic/action/v0")
    with pytest.raises(InvalidRecord, match="schema 'telic/action/v0' where 'telic/action/v1' was expected"):
        load(Action, data, schema="telic/action/v1")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"verb": 1, "target": {}}', b'"text"'])
def test_what_does_not_fit_is_refused_with_its_kind(data: bytes) -> None:
    with pytest.raises(InvalidRecord, match="not a Action"):
        load(Action, data)


def test_a_change_with_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="kind"):
        load(Change, b'{"id": "C1", "time": 1, "kind": "magic", "entity": "hotel", "summary": ""}')


def test_an_empty_state_has_its_defaults() -> None:
    state = load(State, b'{"system": "hotel", "time": 1.5, "services": {}}')
    assert state.stores == {}
    assert state.links == {}
