"""Bearer tokens: subject and expiry, signed with the system's key (HMAC-SHA256); nothing is stored."""

from __future__ import annotations

import base64
import binascii
import hmac

from telic.clock import Clock
from telic.runtime.failures import Unauthorised

_HINT = "log in again; tokens are 'authorization: Bearer <subject>.<expiry>.<signature>'"


class HmacTokens:
    """Issues and verifies tokens under one key.

    Examples
    --------
    >>> from telic.clock import VirtualClock
    >>> tokens = HmacTokens(b"key", VirtualClock(start=1000.0))
    >>> tokens.verify(tokens.issue("user-7"))
    'user-7'
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key, self._clock = key, clock

    def rekey(self, key: bytes) -> None:
        """Sign and verify with another key from now on; tokens of the one before hold no more."""
        self._key = key

    def issue(self, subject: str, *, ttl: float = 86400.0) -> str:
        """Return a token that proves to be `subject` for `ttl` [s]."""
        claim = f"{_encode(subject.encode())}.{int(self._clock.time() + ttl)}"
        return f"{claim}.{self._sign(claim)}"

    def verify(self, token: str) -> str:
        """Return the subject; raise `Unauthorised` when forged or expired."""
        claim, _, signature = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(self._sign(claim), signature):
            raise Unauthorised("the token was not issued by this system", hint=_HINT)
        subject, _, expiry = claim.partition(".")
        if int(expiry) <= self._clock.time():
            raise Unauthorised("the token has expired", hint=_HINT)
        try:
            return base64.urlsafe_b64decode(subject + "=" * (-len(subject) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Unauthorised("the token names nobody", hint=_HINT) from error

    def _sign(self, claim: str) -> str:
        return _encode(hmac.digest(self._key, claim.encode(), "sha256"))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
