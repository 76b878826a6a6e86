"""Telemetry: OTLP in, one process that owns the store, typed queries for everybody else through it."""
