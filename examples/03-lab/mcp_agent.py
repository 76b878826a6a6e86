"""An agent that speaks the Model Context Protocol: any client does, this one is the official SDK's."""

from __future__ import annotations

import asyncio
import os

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


async def main() -> None:
    """Ask for the brief and the newest change, blame it, end."""
    headers = {"Authorization": f"Bearer {os.environ['TELIC_TOKEN']}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as plain,
        Client(streamable_http_client(os.environ["TELIC_URL"], http_client=plain)) as client,
    ):
        print((await client.call_tool("brief", {})).content)
        changes = (await client.call_tool("get_changes", {"start": 0, "end": 1e11})).structured_content or {}
        blamed = changes["rows"][-1]["entity"] if changes["rows"] else ""
        claims = {"healthy": not blamed, **({"entity": blamed} if blamed else {})}
        print((await client.call_tool("submit", {**claims, "final": True})).content)


asyncio.run(main())
