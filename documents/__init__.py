"""The documents that the gateway serves, built from what the services say of themselves."""
