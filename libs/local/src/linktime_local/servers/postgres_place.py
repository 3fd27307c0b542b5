"""The folder and account of a private PostgreSQL, which refuses to run as root."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from linktime_common.private_files import write_private
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.postgres_binaries import PostgresBinaries
from linktime_local.servers.processes import SystemAccount
from linktime_local.servers.state import OWNER_ONLY, PASSAGE, read_line

ACCOUNTS = ("postgres", "nobody")
# Only for root; other users run the server with their account in the state folder.
ELSEWHERE = (Path("/var/lib/linktime"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes it unique


@dataclass(frozen=True)
class Place:
    """The folder the server runs in, and its account (None: this process's account)."""

    folder: Path
    account: SystemAccount | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"


def folder_mode() -> int:
    """Return the mode of parent folders of the server's data."""
    return PASSAGE if os.geteuid() == 0 else OWNER_ONLY


def choose(state: Path, progress: Callable[[str], None]) -> Place:
    """Return the run folder for a state folder; create it if necessary.

    It is inside the state folder if the account can access that; otherwise in a shared folder,
    whose path is stored in the state folder as `location`.
    """
    if os.geteuid() != 0:
        return _made(state / "postgres", None)
    account = next((a for a in map(SystemAccount.named, ACCOUNTS) if a is not None), None)
    if account is None:
        raise ServerUnavailable(
            "PostgreSQL refuses to run as root, and there is no account "
            f"{' or '.join(ACCOUNTS)} to run it as; start as an ordinary user."
        )
    location = state / "location"
    if (kept := read_line(location)) is not None:
        if not Path(kept).is_absolute():
            raise ServerUnavailable(f"{location} is damaged: restore it from a backup.")
        return _made(Path(kept), account)
    if reachable(state, account):
        return _made(state / "postgres", account)
    folder = _folder_elsewhere()
    progress(f"PostgreSQL's data is kept in {folder}: {account.name} may not enter {state}")
    write_private(location, str(folder))
    return _made(folder, account)


def reachable(path: Path, account: SystemAccount) -> bool:
    """Return whether the account can enter and read this folder, and enter its parents."""
    resolved = path.resolve()
    return all(_may(folder, account, stat.S_IXOTH) for folder in (resolved, *resolved.parents))


def reachable_binaries(binaries: PostgresBinaries, place: Place) -> PostgresBinaries:
    """Return the programs, copied if the server's account cannot run them in place."""
    account = place.account
    if account is None or _may_run(account, binaries):
        return binaries
    if not binaries.bundle:
        raise ServerUnavailable(
            f"PostgreSQL refuses to run as root, and the account {account.name} may not run the "
            f"programs in {binaries.folder}; move them where all may read, or start as their owner."
        )
    # Keeps the relative paths of the bundle, by which libraries are found.
    root = binaries.bundle[0].parent.parent
    copy = place.folder / "binaries"
    if not copy.exists():
        partial = place.folder / "binaries.partial"
        shutil.rmtree(partial, ignore_errors=True)
        for folder in binaries.bundle:
            shutil.copytree(folder, partial / folder.relative_to(root), symlinks=True)
        partial.rename(copy)
    _hand_over(copy, account)
    return replace(
        binaries,
        folder=copy / binaries.folder.relative_to(root),
        bundle=tuple(copy / folder.relative_to(root) for folder in binaries.bundle),
    )


def own(path: Path, account: SystemAccount | None) -> None:
    """Change the owner of a path to the server's account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _made(folder: Path, account: SystemAccount | None) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(folder_mode())
    return Place(folder, account)


def _folder_elsewhere() -> Path:
    for parent in ELSEWHERE:
        try:
            if not parent.exists():
                parent.mkdir(parents=True)
                parent.chmod(PASSAGE)
            return Path(tempfile.mkdtemp(prefix="linktime-postgres-", dir=parent))
        except OSError:
            continue
    places = " or ".join(map(str, ELSEWHERE))
    raise ServerUnavailable(f"No folder for PostgreSQL's data can be made in {places}.")


def _may(path: Path, account: SystemAccount, wanted: int) -> bool:
    facts = path.stat()
    shift = 6 if facts.st_uid == account.uid else 3 if facts.st_gid == account.gid else 0
    return (facts.st_mode >> shift) & wanted == wanted


def _may_run(account: SystemAccount, binaries: PostgresBinaries) -> bool:
    return (
        all(reachable(folder, account) for folder in (binaries.folder, *binaries.bundle))
        and all(_may(folder, account, stat.S_IROTH) for folder in binaries.bundle)
        and _may(binaries.folder / "postgres", account, stat.S_IROTH | stat.S_IXOTH)
    )


def _hand_over(tree: Path, account: SystemAccount) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            own(path, account)
            is_run = path.is_dir() or path.parent.name == "bin"
            path.chmod(OWNER_ONLY if is_run else 0o600)
