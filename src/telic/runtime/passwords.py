"""Password hashes (scrypt); run these in ``runtime.background``, never on the event loop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

COST = 2**13  # 13 ms of one CPU and 8 MB, up to 32 ms where two cores are busy; a hash carries its own cost


def hash_password(password: str) -> str:
    """Return ``scrypt$<n>$<salt>$<hash>`` with a salt of its own."""
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=COST, r=8, p=1)
    return f"scrypt${COST}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def verify_password(password: str, stored: str) -> bool:
    """Whether `password` is the one that `stored` was made from.

    Examples
    --------
    >>> stored = hash_password("secret")
    >>> verify_password("secret", stored), verify_password("guess", stored)
    (True, False)
    """
    scheme, cost, salt, digest = stored.split("$")
    if scheme != "scrypt":
        return False
    found = hashlib.scrypt(password.encode(), salt=base64.b64decode(salt), n=int(cost), r=8, p=1)
    return hmac.compare_digest(found, base64.b64decode(digest))
