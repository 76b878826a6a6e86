"""The lab: hurts a world on purpose, lets an operator work, keeps score."""
