"""The same counts on a cluster: sessions meet in a partition, the kernels count there, and counts add up."""
