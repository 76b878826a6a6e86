"""The given data sets as somebody meets them who has never seen them: a file, a KPI, nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from telic.errors import UsageError
from telic.opportunities import page
from telic.opportunities.ask import Ask, unheard
from telic.opportunities.events import events_of
from telic.opportunities.find import find
from telic.opportunities.generate.kpis import suggested
from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.language import kpi
from telic.opportunities.questions import questions
from telic.opportunities.record import Run
from telic.opportunities.template import Asking
from telic.settings import Settings

DATA = Settings.read().data
SHOP = "retentioneering_ecom/src/retentioneering/datasets/ecom.csv.gz"
FAIRNESS = "process_logs_misc/fairness"
INCIDENTS = "bpic2013_volvo_incidents/07_bpic2013_incidents.csv.gz"
SHOPPERS = "online_shoppers_intention/online_shoppers_intention.csv"
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]


def given(name: str) -> str:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not under TELIC_DATA ({DATA})")
    return str(DATA / name)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walk")


def ask(home: Path, name: str, *kpis: str, templates: tuple[str, ...] = (), **judging: float) -> Run:
    run = find(Ask(given(name), kpis, templates=templates, judging=judging, home=home))
    assert page.html(run).endswith("</html>")
    return run


def told(run: Run, outcome: str = "") -> str:
    """Everything that is told of a KPI, overlaps too."""
    found = [each for each in run.surfaced.findings if outcome in ("", each.outcome)]
    return "\n".join(each.words for one in found for each in (one.hypothesis, *one.alike))


def test_the_stories_that_are_in_the_shop(home: Path) -> None:
    """The loop of the checkout and the weeks of the payment incident, by what stands before and behind them."""
    run = ask(
        home,
        SHOP,
        "paid: session has 'purchase' within 1h of 'payment_details'",
        "bug: session has 'checkout_bug'",
        "gateway: session has 'payment_error'",
    )
    assert "payment_error" in told(run, "paid")
    assert "add_to_cart" in told(run, "bug")
    assert "week from 2024-04-" in told(run, "bug")
    assert "support_chat" in told(run, "gateway")
    assert any(f"week from 2024-{week}" in told(run, "gateway") for week in ("05-20", "05-27", "06-03"))


CONVERTED = "converted: session has 'purchase'"


def leads(run: Run) -> list[str]:
    return [each.hypothesis.words for each in run.surfaced.findings]


def test_the_loop_of_the_checkout_is_on_mobile_from_9_april_to_9_may(home: Path) -> None:
    run = ask(home, SHOP, "bug: session has 'shipping_details' .. 'checkout_bug'", templates=("periods",))
    weeks = {f"sessions with platform = mobile that begin in the week from 2024-04-{day}" for day in (15, 22, 29)}
    assert set(leads(run)) == weeks


def test_the_payment_incident_is_in_its_weeks(home: Path) -> None:
    """From 19 May to 7 June: two full weeks, told by who pays of those who want to, and by who asks for help."""
    weeks = {f"sessions that begin in the week from 2024-05-{day}" for day in (20, 27)}
    paid = "paid: session has 'purchase' among sessions with 'payment_details'"
    run = ask(home, SHOP, paid, templates=("periods",), least_ratio=1.0)
    assert set(leads(run)[:2]) == weeks
    run = ask(home, SHOP, "chat: session has 'support_chat' (more is worse)", templates=("periods",))
    assert set(leads(run)) == weeks


def test_the_newest_cohort_of_the_shop_converts_less(home: Path) -> None:
    run = ask(home, SHOP, CONVERTED, templates=("attributes",), least_ratio=1.0)
    assert "sessions with user_cohort = 2024-04" in leads(run)


def test_new_users_of_the_shop_convert_less(home: Path) -> None:
    """A user's stage is not adjusted for how many-eth session it is, which says the same."""
    run = ask(home, SHOP, CONVERTED)
    assert "user_lifecycle = new" in told(run)
    run = ask(home, SHOP, CONVERTED, templates=("attributes",))
    assert run.surfaced.findings[0].hypothesis.words == "sessions with user_lifecycle = new"


@pytest.mark.parametrize("name", ["hiring_log_high.csv.gz", "lending_log_high.csv.gz"])
def test_the_planted_groups_are_found_by_kpis_that_nobody_asked_for(name: str, home: Path) -> None:
    prepared = events_of(Ask(given(f"{FAIRNESS}/{name}"), (), home=home), unheard)[0]
    run = ask(home, f"{FAIRNESS}/{name}", *suggested(prepared), templates=("attributes", "pairs"))
    assert "cases with case:protected = true\n" in f"{told(run)}\n"


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("hiring_log_high.csv.gz", "rejected: case has 'Application Rejected'"),
        ("lending_log_high.csv.gz", "granted: case has 'Sign Loan Agreement'"),
    ],
)
def test_the_planted_groups_of_the_fairness_logs(name: str, question: str, home: Path) -> None:
    run = ask(home, f"{FAIRNESS}/{name}", question, templates=("attributes", "pairs"))
    assert "cases with case:protected = true" in leads(run)
    assert not any("case:protected = false" in each.hypothesis.words for each in run.surfaced.findings)


def test_the_planted_group_of_the_loans_leads_where_everything_is_asked(home: Path) -> None:
    """It is neither hidden under another way to end nor told once for every year of education."""
    run = ask(home, f"{FAIRNESS}/lending_log_high.csv.gz", "case has 'Sign Loan Agreement'")
    named = [each for each in leads(run) if "case:protected" in each]
    assert named == ["cases with case:protected = true"]
    assert all(each.adjusted.low > 1 and not each.weekly for each in run.surfaced.findings)


def permuted(home: Path, name: str, question: str, seed: int, templates: tuple[str, ...]) -> int:
    """How much is found where a KPI is dealt to other groups at random."""
    asked = Ask(given(name), (question,), templates=templates, home=home)
    prepared, relation, _ = events_of(asked, unheard)
    outcome = kpi(question, prepared)
    values = np.random.default_rng(seed).permutation(outcome.values)
    judging = Judging(seed=seed, permutations=200)
    from telic.opportunities.language.file import Document

    asking = Asking(least=judging.least_groups(prepared), table=relation.table)
    families = questions(asked, Document(), prepared, asking, unheard).families
    dealt = replace(outcome, values=values, touches=frozenset(), attributes=frozenset(), timed=False)
    return len(surface(prepared, [dealt], families, judging).findings)


@pytest.mark.parametrize(
    ("name", "question"),
    [(INCIDENTS, "slow: duration of case > 20d"), (SHOPPERS, "bought: column_18 = 'true'")],
)
def test_a_kpi_dealt_at_random_gives_nothing(name: str, question: str, home: Path) -> None:
    found = [permuted(home, name, question, seed, ("ngrams", "attributes", "pairs", "periods")) for seed in range(4)]
    assert found == [0, 0, 0, 0]


def test_incidents_of_a_service_desk(home: Path) -> None:
    run = ask(home, INCIDENTS, "slow: duration of case > 20d")
    assert run.grouping == "case"
    assert run.surfaced.findings
    assert not any(each.hypothesis.template == "durations" for each in run.surfaced.findings)


def test_a_table_without_a_header_without_times_and_without_events(home: Path) -> None:
    with pytest.raises(UsageError, match="column_18") as caught:
        ask(home, SHOPPERS)
    assert "--kpi \"column_18 = 'true'\"  or  --kpi \"column_17 = 'true'\"" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        ask(home, SHOPPERS, "bought: column_18 = 'TRUE'")
    assert "'true'" in caught.value.hint
    run = ask(home, SHOPPERS, "bought: column_18 = 'true'")
    assert run.kpis[0].defined > 12_000
    assert run.surfaced.findings


def test_an_event_log_of_enriched_incidents(home: Path) -> None:
    run = ask(
        home,
        "uci_incident_event_log/incident_event_log_first5998.csv.gz",
        "missed: case has any event[made_sla = 'false']",
        "slow: duration of case > 20d",
    )
    assert run.grouping == "case"
    assert [each.defined for each in run.kpis] == [890, 890]


def test_runs_of_language_model_agents(home: Path) -> None:
    run = ask(home, "who_and_when_agents", "long: count of any event > 20", least=10, least_users=1)
    assert run.grouping == "run"
    assert "agents" in run.surfaced.asked
