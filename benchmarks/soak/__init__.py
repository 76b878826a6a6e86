"""Hours of episodes with nobody at the keyboard, and what is left of them."""
