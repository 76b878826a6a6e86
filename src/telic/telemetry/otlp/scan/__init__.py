"""OTLP read in columns: compiled scanners of the wire format that fill Arrow buffers (extra ``fast``).

Nothing here is imported unless asked for: numba costs 0.5 s and 100 MB. Every scanner says when it meets something
unusual (a field twice, a group, a key twice); the plain reader takes the whole body then. Bytes reach a scanner only
after `well_formed` or the protobuf library has accepted them, and every read is within bounds nonetheless.
"""
