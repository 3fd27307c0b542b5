"""Received messages as files: `<id>.eml` with the message, `<id>.json` with its envelope."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from linktime_common.clock import SystemClock
from linktime_common.contracts.wire import WireModel
from linktime_common.ids import new_id
from linktime_common.private_files import write_private
from linktime_local.servers.mail_sink.reading import KIND_HEADER, first, read_headers

MOST_MESSAGES = 2_000
MOST_BYTES = 500_000_000
MOST_SUBJECT_CHARACTERS = 2_000


class KeptMail(WireModel):
    """A received message; `recipients` and `sender` are those of the envelope."""

    id: str
    sender: str
    recipients: list[str]
    subject: str
    kind: str | None
    received_at: datetime
    size: int


class MailStore:
    """The messages of one folder, the oldest of which are removed beyond the limits."""

    def __init__(
        self, folder: Path, *, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._folder = folder
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept = {mail.id: mail for mail in _load(folder)}
        self._bytes = sum(mail.size for mail in self._kept.values())

    def newest_first(self) -> list[KeptMail]:
        """Return all messages."""
        return list(reversed(self._kept.values()))

    def find(self, mail_id: str) -> KeptMail | None:
        """Return a message, or None."""
        return self._kept.get(mail_id)

    def path(self, mail: KeptMail) -> Path:
        """Return the file of a message."""
        return self._folder / f"{mail.id}.eml"

    def content(self, mail: KeptMail) -> bytes:
        """Return a message, octet for octet as received."""
        return self.path(mail).read_bytes()

    def keep(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> KeptMail:
        """Store a message."""
        headers = read_headers(content)
        mail = KeptMail(
            id=str(new_id()),
            sender=sender,
            recipients=list(recipients),
            subject=(first(headers, "Subject") or "")[:MOST_SUBJECT_CHARACTERS],
            kind=first(headers, KIND_HEADER),
            received_at=SystemClock().now(),
            size=len(content),
        )
        # The message last: after a crash between the two, the next start removes the envelope.
        write_private(self._folder / f"{mail.id}.json", mail.model_dump_json())
        _write_octets(self.path(mail), content)
        self._kept[mail.id] = mail
        self._bytes += mail.size
        self._remove_oldest()
        return mail

    def _remove_oldest(self) -> None:
        while len(self._kept) > self._most_messages or self._bytes > self._most_bytes:
            oldest = self._kept.pop(next(iter(self._kept)))
            self._bytes -= oldest.size
            self.path(oldest).unlink(missing_ok=True)
            self.path(oldest).with_suffix(".json").unlink(missing_ok=True)


def _load(folder: Path) -> list[KeptMail]:
    """Return the complete messages, oldest first, and remove what a crash left."""
    found: list[KeptMail] = []
    for path in sorted(folder.iterdir()):  # ids begin with the time
        if path.suffix == ".json" and path.with_suffix(".eml").exists():
            try:
                found.append(KeptMail.model_validate_json(path.read_bytes()))
            except ValidationError:  # of another version; the message stays for the person
                continue
        elif path.suffix in {".json", ".partial"}:
            path.unlink()
    return found


def _write_octets(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
