"""A language model operates: scripted ones call tools well and badly, and one plays an episode over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lab.doors.fixed import FixedSession
from tests.telemetry.sources.serving import Handler, Request, reply, serving
from tests.telemetry.sources.serving import Reply as Answer

from telic.errors import SourceFailed, UsageError
from telic.lab.actors import actor
from telic.lab.actors.react import GO_ON, HISTORY, MANNERS, SHOWN, React
from telic.lab.scenario import Load, Phases, Placed, Scenario
from telic.lab.session import playing, running
from telic.llm import Call, Function, Message, Price, Reply, Usage

DONE = Reply("Done.", (Call("z", "submit", '{"final": true}'),), Usage(10, 2))


class Scripted:
    """Says what it was told to say, then that it is done; keeps what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = list(replies), list[tuple[list[Message], list[Function]]]()

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        self.asked.append((list(messages), list(functions)))
        return self.replies.pop(0) if self.replies else DONE


def called(tool: str, id: str = "c1", **arguments: object) -> Reply:
    return Reply(f"I call {tool}.", (Call(id, tool, json.dumps(arguments)),), Usage(10, 2))


def test_tools_are_called_and_answers_come_back_under_their_calls() -> None:
    session, model = FixedSession(), Scripted(called("alerts"), called("get_config", "c2", service="rate"))
    React(model, Price()).run(session)
    assert session.calls[:2] == [("alerts", {}), ("get_config", {"service": "rate"})]
    assert session.closed
    begun, functions = model.asked[0]
    assert begun[0] == Message("system", MANNERS)
    assert "its users enter at 'gateway'" in begun[1].text
    assert {each.name for each in functions} == {each.name for each in session.brief.tools}
    last = model.asked[2][0][-1]
    assert (last.role, last.answers) == ("tool", "c2")
    assert "pool.size" in last.text


@pytest.mark.parametrize(
    "text",
    [
        'I look.\n```json\n{"name": "alerts", "arguments": {}}\n```',
        '{"tool": "alerts", "parameters": {}}',
    ],
)
def test_a_call_that_is_written_into_the_text_is_one(text: str) -> None:
    session = FixedSession()
    React(Scripted(Reply(text)), Price()).run(session)
    assert session.calls[0] == ("alerts", {})


@pytest.mark.parametrize("text", ["Hm.", "{", '{"name": "rm"}', "{1: 2}", '{"alerts": [}'])
def test_who_calls_nothing_is_asked_to_and_then_taken_to_be_done(text: str) -> None:
    session, model = FixedSession(), Scripted(*[Reply(text)] * 5)
    React(model, Price()).run(session)
    assert [name for name, _ in session.calls] == ["submit"]
    assert len(model.asked) == 3
    assert model.asked[1][0][-1].text == GO_ON


@pytest.mark.parametrize("arguments", ["[]", "{", '{"seconds": NaN}', "7"])
def test_arguments_that_are_none_cost_a_call_and_are_explained(arguments: str) -> None:
    session, model = FixedSession(), Scripted(Reply("", (Call("c1", "wait", arguments),)))
    React(model, Price()).run(session)
    assert session.calls[0][0] == "unreadable"
    assert "error" in model.asked[1][0][-1].text


def test_long_answers_and_old_turns_are_cut_and_calls_keep_their_answers() -> None:
    session = FixedSession()
    model = Scripted(*[called("query", f"c{number}", sql="x" * (HISTORY // 4)) for number in range(8)])
    React(model, Price()).run(session)
    for asked, _ in model.asked:
        assert asked[0].role == "system"
        assert sum(len(each.text) + sum(len(call.arguments) for call in each.calls) for each in asked[2:]) <= HISTORY
        assert all(len(each.text) <= SHOWN + 100 for each in asked[2:])
        made = {call.id for each in asked for call in each.calls}
        assert {each.answers for each in asked if each.role == "tool"} == made


def test_tokens_end_it_and_are_on_record() -> None:
    session, made = FixedSession(), React(Scripted(*[called("alerts")] * 9), Price(1.0, 5.0), tokens=30)
    made.run(session)
    assert [name for name, _ in session.calls] == ["alerts", "alerts", "alerts", "submit"]
    assert made.spent[0] == Usage(30, 6)
    assert [each.text for each in made.thoughts] == ["I call alerts."] * 3
    assert made.spent[1] == pytest.approx(60e-6)


def test_without_a_model_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELIC_MODEL", raising=False)
    with pytest.raises(UsageError, match="none is named"):
        actor.create("react").run(FixedSession())


def test_a_model_that_does_not_answer_ends_the_episode_with_its_reason() -> None:
    class Away(Scripted):
        def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
            raise SourceFailed("language model does not answer", hint="is it running?")

    with pytest.raises(SourceFailed):
        React(Away(), Price()).run(FixedSession())


def test_a_model_behind_http_mends_a_system_its_cost_is_on_record_and_it_can_be_played_again_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenario = Scenario(
        "hung",
        workload=Load(rate=20.0),
        faults=(Placed("hang", {"service": "hotel"}),),
        phases=Phases(warm=3.0, baseline=5.0, spread=1.0, hold=20.0, recovery=5.0),
    )
    steps: list[tuple[str, dict[str, object]]] = [
        ("wait", {"seconds": 5.0}),
        ("wait", {"seconds": 5.0}),
        ("submit", {"healthy": False, "entity": "hotel", "mechanism": "hang"}),
        ("restart", {"target": "hotel"}),
        ("wait", {"seconds": 4.0}),
        ("submit", {"final": True}),
    ]
    with serving(answering(steps)) as server:
        monkeypatch.setenv("TELIC_MODEL_PRICE", "1/5")
        monkeypatch.setenv("TELIC_MODEL_REPLIES", str(tmp_path / "replies.jsonl"))
        model = f"{server.url}/v1#scripted"
        episode = running.run(scenario, playing.reacting(model)["react"], actor="react")
        asked = len(server.requests)
    again = running.run(scenario, playing.reacting(model)["react"], actor="react")
    assert replace(again, timings={}) == replace(episode, timings={})
    assert episode.ended == "submitted"
    assert episode.claims.entity == "hotel"
    assert [each.outcome for each in episode.actions] == ["helped"]
    assert episode.cost.tokens == asked * 1_100
    assert episode.cost.money == pytest.approx(asked * 1_500e-6)


def answering(steps: Sequence[tuple[str, dict[str, object]]]) -> Handler:
    left = list(steps)

    def answer(request: Request) -> Answer:
        tool, arguments = left.pop(0) if left else ("submit", {"final": True})
        made = {"id": "c", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
        message = {"role": "assistant", "content": "", "tool_calls": [made]}
        return reply({"choices": [{"message": message}], "usage": {"prompt_tokens": 1_000, "completion_tokens": 100}})

    return answer
