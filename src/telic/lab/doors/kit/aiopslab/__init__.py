"""Agents written for AIOpsLab (``async get_action(str) -> str``) in a session of the lab, unchanged.

Source: https://github.com/microsoft/AIOpsLab (the protocol between its orchestrator and its agents); Y. Chen et al.,
"AIOpsLab: A Holistic Framework to Evaluate AI Agents for Enabling Autonomous Clouds", MLSys 2025.
"""

from __future__ import annotations

from .actor import Agent, AiopslabActor
from .load import load

__all__ = ["Agent", "AiopslabActor", "load"]
