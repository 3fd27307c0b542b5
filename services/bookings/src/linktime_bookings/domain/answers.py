"""Answers to an event type's questions."""

from collections.abc import Sequence
from typing import NamedTuple

from linktime_bookings.domain.errors import InvalidAnswers
from linktime_common import phones
from linktime_common.contracts.events.bookings import Answer
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.texts import problem_of_line

MOST_CHARACTERS = {"text": 500, "textarea": 5_000}


class GivenAnswer(NamedTuple):
    """The answer sent for one question."""

    question_id: str
    value: str


def checked(
    questions: Sequence[Question], given: Sequence[GivenAnswer], *, timezone: str | None = None
) -> list[Answer]:
    """Return the answers with their questions' labels, in the questions' order, without blank ones.

    Phone numbers are read in the region of `timezone`, the host's.

    Raises InvalidAnswers with each field: `answers.<position>.value`, or `answers` for a
    required question without an answer.
    """
    asked = {question.id: question for question in questions}
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for position, (question_id, sent) in enumerate(given):
        value = sent.strip()
        field = f"answers.{position}"
        if question_id not in asked:
            problems[f"{field}.questionId"] = "The event type has no such question"
        elif question_id in values:
            problems[f"{field}.questionId"] = "This question is answered twice"
        elif value:
            try:
                value = _read(asked[question_id], value, timezone)
            except ValueError as refused:
                problems[f"{field}.value"] = str(refused)
        values.setdefault(question_id, value)
    for question in questions:
        if question.required and _is_blank(question, values.get(question.id, "")):
            problems.setdefault("answers", f"“{question.label}” needs an answer")
    if problems:
        raise InvalidAnswers(problems)
    return [
        Answer(question_id=question.id, label=question.label, value=values[question.id])
        for question in questions
        if values.get(question.id)
    ]


def _read(question: Question, value: str, timezone: str | None) -> str:
    """Return the value to be stored; raises ValueError with the problem."""
    if question.type == "phone":
        return phones.read(value, timezone)
    problem = _problem(question, value)
    if problem is not None:
        raise ValueError(problem)
    return value


def _problem(question: Question, value: str) -> str | None:
    if question.type == "select" and value not in question.options:
        return "Must be one of: " + ", ".join(question.options)
    if question.type == "checkbox" and value not in {"true", "false"}:
        return "Expected true or false"
    if question.type == "text" and (problem := problem_of_line(value)):
        return problem
    most = MOST_CHARACTERS.get(question.type)
    if most is not None and len(value) > most:
        return f"Must have at most {most} characters"
    return None


def _is_blank(question: Question, value: str) -> bool:
    # A required checkbox must be ticked.
    return not value or (question.type == "checkbox" and value == "false")
