"""From telemetry, state and changes to ranked causes with evidence."""
