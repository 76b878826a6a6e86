"""A server of models is asked in its own words; secrets stay here, tokens are counted, failures have names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.telemetry.sources.serving import Reply as Answer
from tests.telemetry.sources.serving import Request, reply, serving

from telic.errors import SourceFailed, UsageError
from telic.llm import Call, Endpoint, Function, Message, Usage

HELLO = [Message("user", "hello")]
USAGE = {"prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127}


def said(usage: object = None, **message: object) -> Answer:
    return reply({"id": "1", "choices": [{"index": 0, "message": {"role": "assistant", **message}}], "usage": usage})


def test_a_conversation_with_functions_is_sent_as_the_interface_has_it() -> None:
    wanted = {"id": "c9", "type": "function", "function": {"name": "wait", "arguments": '{"seconds": 2}'}}
    with serving(lambda request: said(USAGE, content=None, tool_calls=[wanted])) as server:
        found = Endpoint(f"{server.url}/v1", "small").ask(
            [
                Message("system", "You are on call."),
                Message("assistant", "I look.", (Call("c8", "alerts", "{}"),)),
                Message("tool", "no alert", answers="c8"),
            ],
            [Function("wait", "Let time pass.", {"type": "object", "properties": {"seconds": {"type": "number"}}})],
        )
        (request,) = server.requests
    assert found.calls == (Call("c9", "wait", '{"seconds": 2}'),)
    assert found.usage == Usage(120, 7)
    assert (request.path, body(request)["model"]) == ("/v1/chat/completions", "small")
    assert [each["role"] for each in body(request)["messages"]] == ["system", "assistant", "tool"]
    assert body(request)["messages"][1]["tool_calls"][0]["function"] == {"name": "alerts", "arguments": "{}"}
    assert body(request)["messages"][2]["tool_call_id"] == "c8"
    assert body(request)["tools"][0]["function"]["name"] == "wait"


def test_a_server_that_counts_no_tokens_is_counted_by_characters() -> None:
    with serving(lambda request: said(content="x" * 40)) as server:
        found = Endpoint(server.url, "small").ask(HELLO)
    assert found.text == "x" * 40
    assert found.usage.wrote == 10
    assert found.usage.read > 10


def test_secrets_do_not_leave() -> None:
    with serving(lambda request: said(content="ok")) as server:
        Endpoint(server.url, "small").ask([Message("tool", "config: password=hunter2 host=db", answers="1")])
        (request,) = server.requests
    assert b"hunter2" not in request.body
    assert b"host=db" in request.body


def test_the_key_comes_from_the_environment_and_stays_out_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "secret-of-the-model")
    with serving(lambda request: said(content="ok")) as server:
        Endpoint(server.url, "small", "MODEL_KEY").ask(HELLO)
        assert server.requests[0].headers["Authorization"] == "Bearer secret-of-the-model"
    with serving(lambda _: reply({"error": {"message": "no key: secret-of-the-model"}}, 401)) as server:
        with pytest.raises(SourceFailed, match="401") as caught:
            Endpoint(server.url, "small", "MODEL_KEY").ask(HELLO)
        assert "secret-of-the-model" not in str(caught.value)
    monkeypatch.delenv("MODEL_KEY")
    with pytest.raises(UsageError, match="MODEL_KEY"):
        Endpoint(server.url, "small", "MODEL_KEY").ask(HELLO)


def test_who_answers_something_else_is_named() -> None:
    with serving(lambda request: reply({})) as server, pytest.raises(SourceFailed, match="did not answer as the API"):
        Endpoint(server.url, "small").ask(HELLO)


@pytest.mark.parametrize("text", ["", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1#"])
def test_a_model_is_named_by_address_and_name(text: str) -> None:
    with pytest.raises(UsageError, match="names no model"):
        Endpoint.of(text)


def body(request: Request) -> Any:
    return json.loads(request.body)
