"""A model elsewhere: any endpoint that speaks the chat completions of OpenAI's API."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

PATIENCE = 30.0  # [s]


def ask(url: str, key_file: str, model: str, prompt: str, most: int) -> list[str]:
    """Return the words of an answer of `most` tokens at most; blocks until it is there.

    Parameters
    ----------
    url
        The API's base, such as ``http://127.0.0.1:11434/v1``.
    key_file
        Holds the key; ``""`` where none is needed.
    """
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": most}
    headers = {"content-type": "application/json"}
    if key_file:
        headers["authorization"] = f"Bearer {Path(key_file).read_text(encoding='utf-8').strip()}"
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"model.endpoint is no web address: {url}")
    request = urllib.request.Request(f"{url.rstrip('/')}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        found = json.load(answer)
    return str(found["choices"][0]["message"]["content"]).split()[:most]
