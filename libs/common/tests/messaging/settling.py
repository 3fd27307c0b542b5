"""How long a new quorum queue needs."""

SETTLED_SECONDS = 2.0  # a quorum queue killed sooner after its declaration may lose its leader
