"""The subcommands of `linktime`: parse options, call operations, print JSON or a table."""
