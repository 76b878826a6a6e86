"""What needs order inside a group, compiled: arrays in, arrays out, with counts that add up."""
