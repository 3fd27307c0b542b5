"""Mails about bookings and accounts: rendering in the recipient's language, and invitations."""
