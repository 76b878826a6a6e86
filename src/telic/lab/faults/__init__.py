"""lab/faults."""
