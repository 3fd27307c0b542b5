"""Rules for new passwords."""

import pytest

from linktime_gateway.domain.passwords import LONGEST, PasswordProblem, Person, problem_of

ADA = Person(email="Ada.Lovelace@example.com", name="Ada Lovelace", username="countess-of-l")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse battery", None),
        ("adalovelace and more", None),
        ("!!!!!!!!!!", None),
        ("", PasswordProblem.SHORT),
        ("!!!!!!!!!", PasswordProblem.SHORT),
        ("\u4e16" * LONGEST, None),
        ("\u4e16" * (LONGEST + 1), PasswordProblem.LONG),
        (" " * 12, PasswordProblem.BLANK),
        ("\t\u00a0\u2003\u3000\u200b\u200d\ufeff      ", PasswordProblem.BLANK),
        ("password123", PasswordProblem.COMMON),
        ("PassWord123", PasswordProblem.COMMON),
        (" 1234567890 ", PasswordProblem.COMMON),
        ("qwertyuiop", PasswordProblem.COMMON),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", PasswordProblem.COMMON),
        ("ada.lovelace@EXAMPLE.com", PasswordProblem.OWN),
        ("Ada.Lovelace", PasswordProblem.OWN),
        ("adalovelace", PasswordProblem.OWN),
        ("ADA  LOVELACE", PasswordProblem.OWN),
        ("countess-of-L", PasswordProblem.OWN),
    ],
)
def test_passwords_that_are_easy_to_guess_are_refused(
    password: str, problem: PasswordProblem | None
) -> None:
    """In any letter case and character width, with any surrounding blanks."""
    assert problem_of(password, ADA) == problem


def test_every_problem_has_a_sentence() -> None:
    """The error message of the API."""
    assert len({problem.sentence for problem in PasswordProblem}) == len(PasswordProblem)


def test_a_name_without_letters_refuses_nothing() -> None:
    """It is not compared."""
    nobody = Person(email="a@example.com", name="???", username=None)
    assert problem_of("!!!!!!!!!!", nobody) is None
