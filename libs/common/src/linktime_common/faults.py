"""Failpoints: named points where a test kills or stops the process.

A process started with `LINKTIME_FAULT_FILE` reads that file at every point; the file contains
`<point> <signal>`, such as `booking.reserved SIGKILL`. The process removes it before it sends
itself the signal, so a restarted process is not killed again. Without the variable a point is a
single comparison.
"""

import os
import signal
from pathlib import Path

_FILE = os.environ.get("LINKTIME_FAULT_FILE")


def reach(point: str) -> None:
    """Send this process the signal armed for `point`, if any."""
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
