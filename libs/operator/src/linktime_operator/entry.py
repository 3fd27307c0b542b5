"""Entry point of the `linktime` command: loading it takes a second, in which Ctrl-C may come."""

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command."""
    try:
        # What imports make stays: searching it for garbage takes a tenth of a start.
        gc.disable()
        from linktime_operator.cli import main as command  # noqa: PLC0415 - see above

        gc.enable()
        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
