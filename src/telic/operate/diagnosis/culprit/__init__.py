"""Which change, or none, explains what telemetry shows."""
