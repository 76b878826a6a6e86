"""Causes from telemetry alone: what flows, what breaks, what is used up."""
