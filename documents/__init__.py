"""Build the API documents that the gateway serves from the services' descriptions."""
