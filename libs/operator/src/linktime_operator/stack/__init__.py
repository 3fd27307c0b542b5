"""The whole of LinkTime on one machine: supervised servers, databases and services."""
