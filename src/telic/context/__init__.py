"""Signals to events, events to one graph, the graph to comprehension."""
