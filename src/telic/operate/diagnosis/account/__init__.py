"""From a diagnosis of a recording to its account: every claim with what carries it."""

from telic.operate.diagnosis.account.build import account

__all__ = ["account"]
