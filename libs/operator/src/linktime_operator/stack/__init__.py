"""The whole of LinkTime on one machine: servers, databases, services, supervised."""
