"""Named points where a test can kill or stop the process, to prove what survives it.

A process started with `LINKTIME_FAULT_FILE` reads that file at every point; the file holds
`<point> <signal>`, such as `booking.reserved SIGKILL`, and is removed by the process that obeys
it, so a restarted process goes on. Without the variable a point is a single comparison.
"""

import os
import signal
from pathlib import Path

_FILE = os.environ.get("LINKTIME_FAULT_FILE")


def reach(point: str) -> None:
    """Obey a fault armed for `point`."""
    if _FILE is None:
        return
    armed = Path(_FILE)
    try:
        wanted, name = armed.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return
    if wanted == point:
        armed.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.Signals[name])
