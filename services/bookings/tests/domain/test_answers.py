"""Validation of answers; invalid ones are tested over HTTP, too."""

import pytest

from linktime_bookings.domain.answers import GivenAnswer, checked
from linktime_bookings.domain.errors import InvalidAnswers
from linktime_common.contracts.internal_api.availability import Question

NAME = Question(id="name", label="Company", type="text", required=True, options=[])
STORY = Question(id="story", label="Story", type="textarea", required=False, options=[])
SIZE = Question(id="size", label="Size", type="select", required=False, options=["S", "L"])


def test_answers_come_in_the_questions_order_with_labels() -> None:
    """Blank answers to optional questions are omitted."""
    given = [GivenAnswer("size", "L"), GivenAnswer("story", " \n"), GivenAnswer("name", " ACME ")]
    answers = checked([NAME, STORY, SIZE], given)
    assert [(a.question_id, a.label, a.value) for a in answers] == [
        ("name", "Company", "ACME"),
        ("size", "Size", "L"),
    ]


def test_line_breaks_in_text_areas_only() -> None:
    """One-line answers have neither line breaks nor control characters."""
    story = "one\ntwo\tthree"
    assert checked([NAME, STORY], [GivenAnswer("name", "A"), GivenAnswer("story", story)])[1].value
    for value in (story, "A\u202eB", "\u200b"):
        with pytest.raises(InvalidAnswers) as refused:
            checked([NAME], [GivenAnswer("name", value)])
        assert set(refused.value.problems) == {"answers.0.value"}


def test_answers_without_questions() -> None:
    """An answer without a question is refused; no answers are accepted."""
    assert checked([], []) == []
    with pytest.raises(InvalidAnswers):
        checked([], [GivenAnswer("name", "ACME")])


def test_all_problems_are_reported() -> None:
    """A missing, an invalid, an unknown and a repeated answer."""
    given = [
        GivenAnswer("size", "XL"),
        GivenAnswer("age", "7"),
        GivenAnswer("story", "x" * 5_001),
        GivenAnswer("size", "L"),
    ]
    with pytest.raises(InvalidAnswers) as refused:
        checked([NAME, STORY, SIZE], given)
    assert set(refused.value.problems) == {
        "answers",
        "answers.0.value",
        "answers.1.questionId",
        "answers.2.value",
        "answers.3.questionId",
    }


def test_lengths_are_counted_in_characters() -> None:
    """The maximum length is accepted."""
    longest = GivenAnswer("name", "é" * 500)
    assert checked([NAME], [longest])[0].value == longest.value
    with pytest.raises(InvalidAnswers):
        checked([NAME], [GivenAnswer("name", "é" * 501)])
