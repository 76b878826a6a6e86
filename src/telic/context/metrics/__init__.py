"""Metrics: robust baselines with seasonality, and how surprising each sample is, in nats."""
