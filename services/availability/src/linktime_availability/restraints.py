"""Limits that the kernel enforces on a child process, which reads what users send.

Nothing here can be undone by what it reads.
"""

import math
import os
import resource
import signal
import sys
import time

_NICENESS = 10


def restrain(*, cpu_seconds: float, memory_bytes: int, open_files: int) -> None:
    """Limit this process for the rest of its life, with so much processor time from now on."""
    os.nice(_NICENESS)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process
    seconds = math.ceil(time.process_time() + cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    if sys.platform != "darwin":  # its kernel does not enforce it and refuses the call
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def end_after(cpu_seconds: float) -> None:
    """End this process by SIGPROF after some processor time, unless this is called again before."""
    signal.setitimer(signal.ITIMER_PROF, max(cpu_seconds, 0.001))
