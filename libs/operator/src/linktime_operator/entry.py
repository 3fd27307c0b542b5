"""Entry point of the `linktime` command: loading it takes a second, in which Ctrl-C may come."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command."""
    try:
        from linktime_operator.cli import main as command  # noqa: PLC0415 - see above

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
