"""An agent in a process of its own: the standard library, and the session that the environment names."""

from __future__ import annotations

from telic_kit.client import connect

session = connect()  # TELIC_URL, TELIC_TOKEN
print(session.brief.app, [tool.name for tool in session.brief.tools])
last = session.brief.began + session.brief.seconds - 6.0  # when something has to be said at the latest
while not (alerts := session.call("alerts", {}).rows) and session.now() < last and not session.closed:
    session.call("wait", {"seconds": 2.0})
changes = session.call("get_changes", {"start": session.brief.began, "end": session.now()}).rows
deploys = [each for each in changes if each["kind"] == "deploy"]
if alerts and deploys:
    entity, version = deploys[-1]["entity"], deploys[-1]["before"]
    print(session.call("rollback", {"target": entity, "version": version}))
    session.call("submit", {"entity": entity, "onset": deploys[-1]["time"]})
session.call("submit", {"healthy": not alerts, "final": True})
