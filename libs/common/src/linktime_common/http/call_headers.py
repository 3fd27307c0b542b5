"""Headers of calls between processes of LinkTime, beside identity and trace."""

CALLER_SECONDS = "X-LinkTime-Seconds"
"""How long the caller waits for the response."""
CLIENT = "X-LinkTime-Client"
"""The address of the client, for requests without a credential."""
