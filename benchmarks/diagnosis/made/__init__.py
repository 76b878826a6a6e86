"""Incidents made from a number: systems, telemetry and faults (or none) that no weight was chosen on."""
