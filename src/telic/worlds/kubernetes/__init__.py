"""A design on Kubernetes: its manifests, the verbs of a world over the official client, Chaos Mesh for faults."""
