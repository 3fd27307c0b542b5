"""Pages for invitees: shells with their data, and the files that `make web` builds."""
