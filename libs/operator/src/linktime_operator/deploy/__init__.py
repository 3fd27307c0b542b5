"""What a deployment on containers needs that a laptop's stack does by itself."""
