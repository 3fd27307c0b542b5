"""Private PostgreSQL and RabbitMQ servers for a laptop and for tests, without Docker or root."""
