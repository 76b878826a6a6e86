"""Every fault on a live system: how soon users feel it, and how soon they are well after it was taken back."""
