"""Episodes in a Kubernetes cluster: what plays there, and a course in a namespace of its own."""

LEFT = "cluster.json"  # in the state folder of a course: where to look for what it leaves when it is killed
