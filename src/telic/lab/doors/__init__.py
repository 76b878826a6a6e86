"""The ways in for actors of others: HTTP, MCP, Gymnasium, a terminal, AIOpsLab's agents, Inspect."""
