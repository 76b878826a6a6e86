"""OTLP: request bodies into rows of the store's tables, and the answers its senders expect."""
