"""Streams of chance belong to their consumer."""

from __future__ import annotations

from telic.worlds.simulated.streams import stream


def test_a_stream_depends_on_seed_and_every_name_and_on_nothing_else() -> None:
    keys = [(7, ("a",)), (8, ("a",)), (7, ("a", "b")), (7, ("ab",)), (7, ("b", "a"))]
    first = [stream(seed, *names).random() for seed, names in keys]
    assert len(set(first)) == len(keys)
    assert first == [stream(seed, *names).random() for seed, names in keys]
    assert stream(7, "a").random() == 0.8062491730118488
