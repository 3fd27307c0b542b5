"""Settling time of a new quorum queue."""

SETTLED_SECONDS = 2.0  # a quorum queue killed sooner after its declaration may lose its leader
