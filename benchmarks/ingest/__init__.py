"""Telemetry ingest: what the receiver takes, what it costs on disk, how fresh and how fast the answers are."""
