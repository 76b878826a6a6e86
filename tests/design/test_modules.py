"""What generated services carry of a language model: batches and queues, buckets, another model's endpoint."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from telic.design.modules.buckets import Buckets
from telic.design.modules.endpoint import ask
from telic.design.modules.engine import CROWD, DECODE, PREFILL, Engine
from telic.runtime import Overloaded
from telic.runtime.ports import Scalar
from telic.runtime.testing import InMemoryRuntime


def runtime(**changes: Scalar) -> InMemoryRuntime:
    usual: dict[str, Scalar] = {"instances": 1, "batch": 2, "kv_tokens": 1000, "queue": 2}
    return InMemoryRuntime(settings={f"model.{name}": value for name, value in {**usual, **changes}.items()})


def took(world: InMemoryRuntime, *work: Coroutine[Any, Any, None]) -> list[float | str]:
    """Return when each piece of work was done [s], or the error that it ended with."""

    async def timed(each: Coroutine[Any, Any, None]) -> float | str:
        try:
            await each
        except Overloaded:
            return "overloaded"
        return world.clock.monotonic()

    async def together() -> list[float | str]:
        return await asyncio.gather(*map(timed, work))

    return asyncio.run(world.clock.run(together()))


ONE = 10 * PREFILL + 100 * DECODE  # ten tokens read, a hundred made, alone [s]


def test_one_sequence_takes_what_its_tokens_take() -> None:
    world = runtime()
    assert took(world, Engine(world).run(10, 100)) == [pytest.approx(ONE)]


def test_a_batch_decodes_together_and_the_next_one_waits() -> None:
    world = runtime()
    engine = Engine(world)
    beside = ONE + CROWD * 100 * DECODE
    found = took(world, *(engine.run(10, 100) for _ in range(3)))
    assert found == [pytest.approx(ONE), pytest.approx(beside), pytest.approx(ONE + beside)]


def test_more_instances_take_more() -> None:
    world = runtime(instances=2)
    engine = Engine(world)
    assert took(world, engine.run(10, 100), engine.run(10, 100)) == [pytest.approx(ONE)] * 2


def test_a_full_cache_lets_sequences_wait_though_the_batch_has_room() -> None:
    world = runtime(kv_tokens=150)
    engine = Engine(world)
    assert took(world, engine.run(10, 100), engine.run(10, 100)) == [pytest.approx(ONE), pytest.approx(2 * ONE)]


def test_what_fits_into_no_cache_has_an_instance_for_itself() -> None:
    world = runtime(kv_tokens=5)
    assert took(world, Engine(world).run(10, 100)) == [pytest.approx(ONE)]


def test_a_full_queue_refuses() -> None:
    world = runtime(batch=1, queue=1)
    engine = Engine(world)
    assert took(world, *(engine.run(10, 100) for _ in range(3)))[2] == "overloaded"


def test_whoever_leaves_gives_the_place_back() -> None:
    world = runtime(batch=1)
    engine = Engine(world)

    async def leave() -> None:
        running = [asyncio.ensure_future(engine.run(10, 100)) for _ in range(2)]
        await world.clock.sleep(ONE / 2)
        for each in running:  # one decodes, one waits
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await engine.run(10, 100)

    assert took(world, leave()) == [pytest.approx(1.5 * ONE)]


def test_a_bucket_fills_again_for_each_user() -> None:
    world = InMemoryRuntime(settings={"quota.tokens_per_second": 10.0, "quota.burst": 50.0})
    buckets = Buckets(world)
    assert [buckets.take("a", 40), buckets.take("a", 40), buckets.take("b", 40)] == [True, False, True]
    asyncio.run(world.clock.run(world.clock.sleep(3.0)))
    assert buckets.take("a", 40)


class Model(BaseHTTPRequestHandler):
    """A model elsewhere that repeats the last message."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1/chat/completions"
        said = f"{asked['model']} {self.headers['authorization']} {asked['messages'][-1]['content']}"
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_a_model_elsewhere_is_asked_in_the_words_of_openai(elsewhere: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret\n")
    assert ask(elsewhere, str(key), "small", "How does a mill work?", 6) == [
        "small",
        "Bearer",
        "s3cret",
        "How",
        "does",
        "a",
    ]
    assert ask(f"{elsewhere}/", "", "small", "Hello", 6) == ["small", "None", "Hello"]
    with pytest.raises(ValueError, match="no web address"):
        ask("file:///etc/hosts", "", "small", "Hello", 6)
