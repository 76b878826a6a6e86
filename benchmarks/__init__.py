"""Benchmarks: ``python -m benchmarks.<name> [--quick] --json OUT``."""
