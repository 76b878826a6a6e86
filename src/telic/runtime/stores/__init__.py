"""The real stores behind the ports: PostgreSQL, Valkey and NATS."""
