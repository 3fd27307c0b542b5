"""`make verify-containers`: images and Docker Compose, tried with a real engine."""
