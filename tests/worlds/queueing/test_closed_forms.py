"""The model against what queueing theory says of one station."""

import math

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import station

from telic.worlds.queueing import simulate

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for


def erlang_c(servers: int, offered: float) -> float:
    """The probability that a customer of M/M/c waits (A. K. Erlang, 1917)."""
    some = sum(offered**k / math.factorial(k) for k in range(servers))
    last = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return last / (some + last)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (2, 0.7), (4, 0.8), (16, 0.9)])
def test_the_mean_wait_of_mmc_is_that_of_erlang(servers: int, utilisation: float) -> None:
    mean, offered = 0.01, servers * utilisation
    result = simulate(station(servers, "exponential"), rate=offered / mean, seconds=4000 / servers, seed=5)
    theory = erlang_c(servers, offered) * mean / (servers * (1 - utilisation))
    assert result.mean_wait("gateway") == pytest.approx(theory, rel=0.03)


@pytest.mark.parametrize("utilisation", [0.5, 0.8])
def test_the_mean_wait_of_md1_is_that_of_pollaczek_and_khinchine(utilisation: float) -> None:
    result = simulate(station(1, "constant"), rate=utilisation / 0.01, seconds=4000, seed=5)
    theory = utilisation * 0.01 / (2 * (1 - utilisation))
    assert result.mean_wait("gateway") == pytest.approx(theory, rel=0.03)


def test_the_mean_wait_of_mdc_is_that_of_crommelin() -> None:
    # no closed form; the approximation of G. P. Cosmetatos (1976) is within 1 % here
    servers, utilisation, mean = 4, 0.8, 0.01
    result = simulate(station(servers, "constant"), rate=servers * utilisation / mean, seconds=1500, seed=5)
    exponential = erlang_c(servers, servers * utilisation) * mean / (servers * (1 - utilisation))
    corrected = 1 + (1 - utilisation) * (servers - 1) * (math.sqrt(4 + 5 * servers) - 2) / (16 * utilisation * servers)
    assert result.mean_wait("gateway") == pytest.approx(exponential * corrected / 2, rel=0.03)


def test_little_holds() -> None:
    result = simulate(station(4, "exponential"), rate=320.0, seconds=1500, seed=9)
    waiting = float(result.gauges.queued[:1500, 0].mean())
    assert waiting == pytest.approx(320.0 * result.mean_wait("gateway"), rel=0.08)


def test_a_lognormal_spread_keeps_its_median() -> None:
    result = simulate(station(64, "lognormal"), rate=100.0, seconds=400, seed=2)
    assert result.quantile(0.5, 0, 400) == pytest.approx(0.01, rel=0.03)
    assert result.quantile(0.99, 0, 400) == pytest.approx(0.01 * math.exp(0.3 * 2.326), rel=0.05)
