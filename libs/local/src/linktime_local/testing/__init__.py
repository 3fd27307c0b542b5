"""What every service's tests use: real servers, fresh databases, bounded waiting."""
