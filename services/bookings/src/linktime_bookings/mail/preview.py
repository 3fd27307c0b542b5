"""Prints a made-up mail without sending it: python -m linktime_bookings.mail.preview KIND LOCALE"""

import argparse
import sys
from email.message import EmailMessage
from typing import NoReturn

from linktime_bookings.domain.emails import Kind
from linktime_bookings.mail.languages import known_language, languages
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import NOW, SENDER, sample

KINDS = [kind.value for kind in Kind]
SHOWN_HEADERS = ("From", "To", "Reply-To", "Subject")
WRONG_ARGUMENTS = 2
"""The exit status; argparse has the same."""


def main() -> None:
    """Print the part that the arguments name, as UTF-8."""
    parser = argparse.ArgumentParser(prog="linktime_bookings.mail.preview")
    parser.add_argument("kind")
    parser.add_argument("locale")
    parser.add_argument("--part", choices=PARTS, default="text")
    given = parser.parse_args()
    if given.kind not in KINDS:
        _refuse(f"There is no such kind of mail. The kinds are {', '.join(KINDS)}.")
    if known_language(given.locale) is None:
        _refuse(f"There is no such language. The languages are {', '.join(languages())}.")
    message = render(sample(Kind(given.kind), given.locale), SENDER, now=NOW)
    part = PARTS[given.part](message)
    if part is None:
        _refuse(f"A mail of the kind {given.kind} has no calendar file.")
    sys.stdout.buffer.write(part)


def text_of(message: EmailMessage) -> bytes:
    """Return the headers that a reader sees, and the text."""
    headers = [f"{name}: {message[name]}\n" for name in SHOWN_HEADERS if message[name]]
    return ("".join(headers) + "\n").encode() + _content(message, "plain")


def html_of(message: EmailMessage) -> bytes:
    """Return the HTML."""
    return _content(message, "html")


def ics_of(message: EmailMessage) -> bytes | None:
    """Return the attached calendar file, if there is one."""
    for part in message.iter_attachments():
        if part.get_content_type() == "application/ics":
            return part.get_payload(decode=True)  # type: ignore[return-value]  # no multipart
    return None


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(WRONG_ARGUMENTS)


def _content(message: EmailMessage, kind: str) -> bytes:
    body = message.get_body((kind,))
    assert body is not None, kind  # noqa: S101 - every mail has both
    return str(body.get_content()).encode()


PARTS = {"text": text_of, "html": html_of, "ics": ics_of}

if __name__ == "__main__":
    main()
