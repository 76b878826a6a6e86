"""How many points a core takes: batches of many series, and one sample of each of a hundred series at a time."""

from __future__ import annotations

import time

import numpy as np

from telic.context.metrics import Bank, Watch


def batch(series: int, samples: int) -> float:
    """Points per CPU-second of `Bank.run` on noisy daily curves."""
    values = _values(series, samples)
    bank = Bank(series)
    begun = time.process_time()
    bank.run(values)
    return values.size / (time.process_time() - begun)


def stream(series: int, samples: int) -> float:
    """Points per CPU-second of `Watch.step`, alarms and their onsets included."""
    values = _values(series, samples)
    watch = Watch(series)
    begun = time.process_time()
    for row in values:
        watch.step(row)
    return values.size / (time.process_time() - begun)


def _values(series: int, samples: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    draw = np.random.default_rng(5)
    phase = draw.random(series)
    daily = np.sin(2 * np.pi * (np.arange(samples)[:, None] / 288 + phase))
    return np.asarray(100 + 20 * daily + draw.normal(size=(samples, series)))
