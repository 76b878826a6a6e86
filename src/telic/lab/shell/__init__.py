"""A shell that looks at a real world: its code, configuration, logs, processes and services, and nothing of the lab."""
