"""Logs when the process has no free file descriptors, and so accepts no connection."""

import errno
import os
import resource
import time
from typing import NoReturn

from prometheus_client import Gauge

from linktime_common import logs
from linktime_common.endless import repeat

LOOK_SECONDS = 5.0
LOG_SECONDS = 60.0

EXHAUSTED = Gauge("linktime_files_exhausted", "1 while the process can open no more files")


class OpenFiles:
    """Checks whether a file can be opened; uvloop does not log connections it cannot accept."""

    def __init__(self) -> None:
        self._failures = 0
        self._said_at = -LOG_SECONDS

    async def watch(self) -> NoReturn:
        """Check regularly until cancelled."""
        await repeat("open files", self.look, after_seconds=LOOK_SECONDS)

    async def look(self) -> None:
        """Log an error when no file can be opened, at most once in LOG_SECONDS."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            if error.errno not in {errno.EMFILE, errno.ENFILE}:
                raise
            EXHAUSTED.set(1)
            self._failures += 1
            self._log(error)
        else:
            EXHAUSTED.set(0)

    def _log(self, error: OSError) -> None:
        if time.monotonic() - self._said_at < LOG_SECONDS:
            return
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        logs.logger().error(
            "no file can be opened, connections are refused",
            error=error,
            times=self._failures,
            limit=limit,
        )
        self._said_at, self._failures = time.monotonic(), 0
