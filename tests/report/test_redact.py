"""Secrets are taken out, other text is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.model.redaction import HIDDEN, redact

SECRETS = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGH23456789", min_size=12, max_size=40)
PLACES = [
    "password={}",
    "PASSWORD: {}",
    '{{"password": "{}", "rooms": 2}}',
    "db_password = '{}'",
    "Authorization: Bearer {}",
    "token is {}",
    "https://anna:{}@example.org/x",
    "x-api-key: {}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "client_secret={}&grant=1",
    "eyJ{}.{}.x",
]


@pytest.mark.parametrize("place", PLACES)
@given(secret=SECRETS)
def test_no_secret_survives(place: str, secret: str) -> None:
    text = redact(place.format(*[secret] * place.count("{}")))
    assert secret not in text
    assert HIDDEN in text
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "hotel did not answer within 1.0 s (timeout), trace 4bf92f3577b34da6",
        "SELECT statement, version FROM spans WHERE service = 'hotel' AND start_ns >= ?",
        "store.postgres.pool: 3 -> 6 on hotel (revision 4)",
        "sha256:" + "90ac" * 16,
        "no valid token",
        "search->hotel: timeout 1.0",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text
