"""The real stores behind the ports: PostgreSQL and Valkey."""
