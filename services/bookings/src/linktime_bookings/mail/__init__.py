"""Mail: rendering and sending the rows of `email_messages`."""
