"""Modules that generated services carry as they are: they import nothing of Telic but its runtime."""
