"""The child processes and open files of the process that runs the tests."""

import os
from contextlib import suppress
from pathlib import Path


def children() -> set[int]:
    """Return the process ids of this process's children, also of those that ended."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(map(int, path.read_text().split()))


def descriptors() -> set[str]:
    """Return the pipes, sockets and files that this process has open."""
    found = set()
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(one.readlink()))
    return found
