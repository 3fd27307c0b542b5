"""The subcommands of `linktime`: options in, operations called, JSON or a table out."""
