"""The loop's numbers: how fast it starts, how well it serves, how soon it finds and repairs what is wrong."""
