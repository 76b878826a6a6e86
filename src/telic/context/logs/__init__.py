"""Log lines to templates with typed variables, their rates, stack traces, and the source lines that print them."""

from __future__ import annotations

from telic.context.logs.limits import Limits
from telic.context.logs.masking import VARIABLE
from telic.context.logs.miner import Miner
from telic.context.logs.template import Template, TemplateId
from telic.context.logs.variables import Kind, Value

__all__ = ["VARIABLE", "Kind", "Limits", "Miner", "Template", "TemplateId", "Value"]
