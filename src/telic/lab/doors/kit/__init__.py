"""What goes into an actor's own process: a session over HTTP, and AIOpsLab's protocol on top of it.

Everything here needs Python's standard library and nothing else, Telic included, so that the folder can be copied to
where nothing of the lab is in sight.
"""
