"""How often the cause of a recorded incident is found, beside trivial ways of guessing it."""
