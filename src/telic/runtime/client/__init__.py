"""How one service calls another: the policy chain over a pooled transport."""

from telic.runtime.client.chain import EdgeClient
from telic.runtime.client.transport import Reply, Transport, TransportFailed

__all__ = ["EdgeClient", "Reply", "Transport", "TransportFailed"]
