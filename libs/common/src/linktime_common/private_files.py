"""Files that only their owner can read."""

import errno
import os
import stat
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 atomically; it is on the disk when this returns."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        # Otherwise the file may be empty under its name after a power failure.
        os.fsync(descriptor)
    partial.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_regular(path: Path) -> bytes:
    """Return the content of a file; raises OSError for anything else, such as a FIFO.

    A plain read of a FIFO would wait for a writer.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def read_kept(path: Path) -> str | None:
    """Return the text of a file that keeps one secret or path, or None if there is no file.

    Raises ValueError unless it is one printable line without an end: the file was damaged; OSError
    if it cannot be read.
    """
    try:
        text = read_regular(path).decode()
    except FileNotFoundError:
        return None
    if not text.strip() or not text.isprintable():
        raise ValueError("not one printable line")
    return text
