"""Read, check, question, compare, judge and export an intent."""

from telic.intent.burn import BurnRule, burn_rules, burn_yaml
from telic.intent.canonical import canonical, configured, intent_hash
from telic.intent.changes import changed, diff, require_appended
from telic.intent.openslo import documents, openslo
from telic.intent.questions import require_complete
from telic.intent.reader import read, read_text
from telic.intent.services import services_of
from telic.intent.status import Count, Standing, judge_objective, judge_tests, overall, standings

__all__ = [
    "BurnRule",
    "Count",
    "Standing",
    "burn_rules",
    "burn_yaml",
    "canonical",
    "changed",
    "configured",
    "diff",
    "documents",
    "intent_hash",
    "judge_objective",
    "judge_tests",
    "openslo",
    "overall",
    "read",
    "read_text",
    "require_appended",
    "require_complete",
    "services_of",
    "standings",
]
