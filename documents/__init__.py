"""Build the documents of the API and of the events from the services' descriptions."""
