"""The opportunity finder against engines, libraries and trivial ways, on data with planted truth."""
