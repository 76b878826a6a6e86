"""Telic: systems that pursue their own ends, stated by you."""

__version__ = "0.1.0"
