"""A design as real processes with real stores on one Linux machine, inside one namespace of its own."""
