"""The catalogues: no language lacks a text, a placeholder or a plural form."""

import string
from pathlib import Path

import pytest

import linktime_bookings.mail
from linktime_bookings.domain.emails import Kind
from linktime_bookings.mail.languages import PLURALS, Language, language_for, languages

ENGLISH = languages()["en"]
TEMPLATES = Path(linktime_bookings.mail.__file__).parent / "templates"
LANGUAGES = [pytest.param(language, id=code) for code, language in languages().items()]
# What a plural form of these numbers means: every category of the five languages.
NUMBERS = (0, 1, 2, 3, 10, 11, 24, 72, 99, 100, 101, 102, 103)


def placeholders(text: str) -> set[str]:
    return {name for _before, name, _format, _conversion in string.Formatter().parse(text) if name}


def test_the_languages_are_these() -> None:
    assert list(languages()) == ["ar", "de", "en", "es", "fr"] == list(PLURALS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_those_of_english(language: Language) -> None:
    """No key is missing, none is left over, and each text has the same placeholders."""
    assert language.texts.keys() == ENGLISH.texts.keys()
    for key, text in language.texts.items():
        assert placeholders(text) == placeholders(ENGLISH.texts[key]), key
        assert text == text.strip() != "", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_count_has_the_plural_forms_of_the_language(language: Language) -> None:
    """Exactly those that its rule returns."""
    assert language.counts.keys() == ENGLISH.counts.keys()
    needed = {PLURALS[language.code](number) for number in NUMBERS}
    for name, forms in language.counts.items():
        assert forms.keys() == needed, name
        for form, text in forms.items():
            names = placeholders(text)
            # "in one hour" and "in two hours" are single words in Arabic.
            says_it_in_words = language.code == "ar" and form in {"zero", "one", "two"}
            assert names == (set() if says_it_in_words else {"count"}), (name, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_and_weekdays_are_complete(language: Language) -> None:
    assert len(set(language.months)) == 12
    assert len(set(language.weekdays)) == 7
    assert placeholders(language.day) == {"weekday", "day", "month", "year"}
    assert placeholders(language.moment) == {"date", "time"}
    assert (language.halves is not None) == (language.code == "en")


def test_every_kind_has_its_templates_and_titles() -> None:
    """In HTML and in text."""
    for kind in Kind:
        assert f"{kind}.subject" in ENGLISH.texts
        assert f"{kind}.title" in ENGLISH.texts
        for extension in ("html", "txt"):
            assert (TEMPLATES / f"{kind}.{extension}").is_file()


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("en", 1, "in 1 hour"),
        ("en", 24, "in 24 hours"),
        ("de", 1, "in 1 Stunde"),
        ("es", 2, "dentro de 2 horas"),
        ("fr", 0, "dans 0 heure"),
        ("fr", 2, "dans 2 heures"),
        ("ar", 1, "بعد ساعة واحدة"),
        ("ar", 2, "بعد ساعتين"),
        ("ar", 3, "بعد 3 ساعات"),
        ("ar", 11, "بعد 11 ساعة"),
        ("ar", 100, "بعد 100 ساعة"),
        ("ar", 103, "بعد 103 ساعات"),
    ],
)
def test_a_count_has_the_right_form(code: str, number: int, expected: str) -> None:
    assert languages()[code].count("inHours", number) == expected


@pytest.mark.parametrize(
    ("tag", "code"), [("de-AT", "de"), ("AR", "ar"), ("pt", "en"), ("", "en"), ("../en", "en")]
)
def test_an_unknown_language_is_english(tag: str, code: str) -> None:
    assert language_for(tag).code == code
