"""Every mail in every language looks as it did when somebody last looked at it."""

from services.bookings.tests.mail.golden import FOLDER, golden

RENEW = "run `python -m services.bookings.tests.mail.golden` and read what it changed"


def test_mails_match_the_golden_files() -> None:
    """Text, HTML and calendar file of each kind, octet for octet."""
    expected = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*.*")
    }
    made = dict(golden())
    assert made.keys() == expected.keys(), RENEW
    assert {name for name in made if made[name] != expected[name]} == set(), RENEW


def test_html_is_small_and_loads_nothing() -> None:
    """Under 20 kB; no image, script or style sheet, and no table."""
    for name, content in golden():
        if name.endswith(".html"):
            html = content.decode().lower()
            assert len(content) < 20_000, name
            for word in ("<img", "<script", "<link", "<table", "@import", "url(", "src="):
                assert word not in html, (name, word)


def test_html_names_language_and_direction() -> None:
    """On `html` and on `body`, and once more inside, since some programs remove both."""
    for name, content in golden():
        if name.endswith(".html"):
            locale = name.partition("/")[0]
            direction = "rtl" if locale == "ar" else "ltr"
            attributes = f'lang="{locale}" dir="{direction}"'
            for element in ("html", "body", "div"):
                assert f"<{element} {attributes}" in content.decode(), (name, element)
