"""A run as the judge would return it, with texts that want to be more than text."""

from __future__ import annotations

import math

from telic.opportunities.model import Effect, Exclusion, Finding, Hypothesis, Surfaced
from telic.opportunities.record import Bin, Detail, Guess, Kpi, Run, Story, key_of
from telic.opportunities.words import sentence

EVIL = "<script>alert('x')</script> & \"pay\""
KPIS = (
    Kpi("converted", "converted: session has 'payment_done' within 10m of 'buy_plan'", -1, True, 965_060, 0, 0.614),
    Kpi("minutes", "minutes: duration of session", 1, False, 960_000, 5_060, 11.25),
)
CRUDE, ADJUSTED = Effect(4.31, -0.42, 4.2, 4.4), Effect(4.1, -0.40, 3.9, 4.3)


def finding(name: str, words: str, outcome: str = "converted", **changed: object) -> Finding:
    values: dict[str, object] = {
        "hypothesis": Hypothesis(f"ngrams:{name}", "ngrams", {"events": tuple(name.split(">"))}, words, "select 1"),
        "outcome": outcome,
        "support": 22_196,
        "share": 0.023,
        "users": 18_402,
        "crude": CRUDE,
        "adjusted": ADJUSTED,
        "p": 1e-80,
        "q": 3e-76,
        "p_family": 0.002,
        "bound": 11_402.7,
        "experts": {"paper": "10 % of faulty and 2x: yes", "trend": 0.31, "matched": None},
        "alike": (Hypothesis("ngrams:a>b", "ngrams", {}, "sessions with a > b"),),
        "examples": ("s1", "s<2>"),
        **changed,
    }
    return Finding(**values)  # type: ignore[arg-type]


FINDINGS = (
    finding("coupon_apply>payment_retry>back_click", "sessions with coupon_apply > payment_retry > back_click"),
    finding(
        "os_7/second",
        "second sessions of a user where os is os_7",
        share=0.004,
        support=3_900,
        crude=Effect(5.9, 0.16, 5.1, 6.6),
        adjusted=Effect(5.6, 0.15, 4.9, 6.4),
        q=2e-9,
        p_family=math.nan,
    ),
    finding(EVIL, f"sessions with {EVIL} > a_very_long_event_name_that_has_no_space_in_it_at_all_and_goes_on_and_on"),
    finding(
        "slow", "sessions in which the backend was slow", "minutes", crude=Effect(math.inf, 3.2, 1.5, math.inf), q=0.03
    ),
)


def run(found: tuple[Finding, ...] = FINDINGS) -> Run:
    told = tuple(
        finding_with(each, sentence(each, next(kpi for kpi in KPIS if kpi.name == each.outcome), "session"))
        for each in found
    )
    surfaced = Surfaced(
        told,
        tuple(each.name for each in KPIS),
        9_357_323,
        965_060,
        200_000,
        {"ngrams": 130_701, "lifecycle": 249, "attributes": 60},
        (Exclusion("rows", 12, "no timestamp", ("row 7",)), Exclusion("column", 1, "100 % missing", (EVIL,))),
        {"read": 2.1, "judge": 1.7},
        {},
    )
    day = 86_400.0
    bins = tuple(
        Bin(
            1_709_251_200.0 + day * index,
            700 + index,
            math.nan if index == 5 else 0.25 + 0.01 * (index % 4),
            40_000 + index,
            0.63 - 0.004 * index,
        )
        for index in range(28)
    )
    story = Story(
        f"sess_000123{EVIL}",
        ("home", "catalog", "coupon_apply", EVIL, "back_click"),
        (0.0, 12.0, 30.0, 4000.0, 4004.0),
        31,
    )
    detail = Detail(bins, (story, Story("sess_2", ("home", "exit"), (0.0, 5.0))))
    return Run(
        "5f0c9a1e",
        "EVENTS.parquet",
        "session",
        KPIS,
        surfaced,
        (Guess("time", "ts", "timestamps"), Guess("event", EVIL, "60 names, most of them in most sessions")),
        1_709_251_200.0,
        1_711_670_400.0,
        {key_of(told[0]): detail} if told else {},
        {"least_support": 0.001, "adjusted_for": "country, number of events", "seed": 1},
        command="telic opportunities EVENTS.parquet --kpi \"converted: session has 'payment_done'\"",
        version="0.1",
    )


def finding_with(each: Finding, said: str) -> Finding:
    from dataclasses import replace

    return replace(each, sentence=said)
