"""The server shell: HTTP in, the server chain, the handler, a reply whatever happens."""

from telic.runtime.server.messages import Request, Response
from telic.runtime.server.shell import Shell

__all__ = ["Request", "Response", "Shell"]
