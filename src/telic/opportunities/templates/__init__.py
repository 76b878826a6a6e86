"""The templates: one a file, found by name in the registry `template`."""

from __future__ import annotations

from telic.opportunities.template import Asking, Template, hypothesis, template
from telic.registry import load_siblings

__all__ = ["Asking", "Template", "hypothesis", "template"]

load_siblings(__name__)
