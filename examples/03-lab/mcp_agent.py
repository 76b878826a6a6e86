"""An agent that speaks the Model Context Protocol: any client does, this one is the official SDK's."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


async def operate(client: Client) -> None:
    """Wait for an alert, take back the newest deploy, blame it; without an alert all is well."""

    async def call(tool: str, **arguments: object) -> Any:
        return (await client.call_tool(tool, arguments)).structured_content

    (budget,) = (await call("brief"))["rows"]
    answer, left = await call("alerts"), budget["seconds"] - 7.0  # something has to be said before the end
    while not (alerts := answer["rows"]) and left > 0 and not answer["closed"]:
        left -= (await call("wait", seconds=2.0))["seconds"]
        answer = await call("alerts")
        left -= answer["seconds"]
    changes = (await call("get_changes", start=budget["began"], end=budget["began"] + budget["seconds"]))["rows"]
    deploys = [each for each in changes if each["kind"] == "deploy"]
    if alerts and deploys:
        await call("rollback", target=deploys[-1]["entity"], version=deploys[-1]["before"])
        await call("submit", entity=deploys[-1]["entity"], onset=deploys[-1]["time"])
    await call("submit", healthy=not alerts, final=True)


async def main() -> None:
    """Connect to the session that the environment names."""
    headers = {"Authorization": f"Bearer {os.environ['TELIC_TOKEN']}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as plain,
        Client(streamable_http_client(os.environ["TELIC_URL"], http_client=plain)) as client,
    ):
        await operate(client)


asyncio.run(main())
