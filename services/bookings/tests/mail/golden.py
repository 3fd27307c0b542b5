"""Writes the golden files: python -m services.bookings.tests.mail.golden

One folder for each language. Read the differences before you commit them.
"""

from collections.abc import Iterator
from pathlib import Path

from linktime_bookings.domain.emails import Kind
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.preview import html_of, ics_of, text_of
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import NOW, SENDER, sample

FOLDER = Path(__file__).parent / "golden"


def golden() -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file."""
    for locale in languages():
        for kind in Kind:
            message = render(sample(kind, locale), SENDER, now=NOW)
            yield f"{locale}/{kind}.txt", text_of(message)
            yield f"{locale}/{kind}.html", html_of(message)
            if (calendar := ics_of(message)) is not None:
                yield f"{locale}/{kind}.ics", calendar


def main() -> None:
    """Write the files of today's rendering, and remove those of kinds that are gone."""
    files = dict(golden())
    for path in FOLDER.rglob("*.*"):
        if path.relative_to(FOLDER).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
