"""The numbers of the worlds: speed, agreement, metastability, false alarms."""
