"""Running processes of this machine: from /proc if it exists, else from `ps`."""

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Return the process ids of a process's children, their children and so on."""
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in _parents():
        children[parent].append(child)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return found


def command_line(pid: int) -> str | None:
    """Return the arguments of a running process joined by spaces; None if it has ended."""
    if _PROC.joinpath("self").exists():
        try:
            raw = _PROC.joinpath(str(pid), "cmdline").read_bytes()
        except OSError:
            return None
        return raw.replace(b"\0", b" ").decode(errors="replace").strip() or None
    return _ps("-o", "command=", "-p", str(pid)).strip() or None


def _parents() -> list[tuple[int, int]]:
    if not _PROC.joinpath("self").exists():
        rows = (line.split() for line in _ps("-axo", "pid=,ppid=").splitlines())
        return [(int(pid), int(parent)) for pid, parent in rows]
    pairs = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                pairs.append((int(entry.name), parent))
    return pairs


def _parent(entry: Path) -> int | None:
    try:
        stat = entry.joinpath("stat").read_text(errors="replace")
    except OSError:  # ended in the meantime
        return None
    # "pid (name, which may contain anything) state parent ..."; a zombie has ended.
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)


def _ps(*arguments: str) -> str:
    if not shutil.which("ps"):  # a minimal system without /proc or ps: unknown
        return ""
    return subprocess.run(  # noqa: S603 - fixed arguments
        ["ps", *arguments],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=False,
    ).stdout
