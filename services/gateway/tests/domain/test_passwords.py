"""Rules for new passwords."""

import pytest

from linktime_gateway.domain.passwords import BLANK, COMMON, OWN, Person, problem_of

ADA = Person(email="Ada.Lovelace@example.com", name="Ada Lovelace", username="countess-of-l")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse battery", None),
        ("adalovelace and more", None),
        ("!!!!!!!!!!", None),
        (" " * 12, BLANK),
        ("\t\u00a0\u2003\u3000\u200b\u200d\ufeff      ", BLANK),
        ("password123", COMMON),
        ("PassWord123", COMMON),
        (" 1234567890 ", COMMON),
        ("qwertyuiop", COMMON),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", COMMON),
        ("ada.lovelace@EXAMPLE.com", OWN),
        ("Ada.Lovelace", OWN),
        ("adalovelace", OWN),
        ("ADA  LOVELACE", OWN),
        ("countess-of-L", OWN),
    ],
)
def test_passwords_that_are_easy_to_guess_are_refused(password: str, problem: str | None) -> None:
    """In any letter case and character width, with any surrounding blanks."""
    assert problem_of(password, ADA) == problem


def test_a_name_without_letters_refuses_nothing() -> None:
    """It is not compared."""
    nobody = Person(email="a@example.com", name="???", username=None)
    assert problem_of("!!!!!!!!!!", nobody) is None
