"""The questions of an event type."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StrictBool, StringConstraints, model_validator

from linktime_availability.domain.event_type import slugs_from
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import OneLine, RequestModel

Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), OneLine
]
QuestionId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), OneLine
]

QuestionType = Literal["text", "textarea", "select", "checkbox", "phone"]


class NewQuestion(RequestModel):
    """A question; `id` is derived from the label by default."""

    id: QuestionId | None = None
    label: Label
    type: Annotated[QuestionType, any_case(get_args(QuestionType))] = "text"
    required: StrictBool = False
    options: list[Label] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _has_fitting_options(self) -> Self:
        if self.type == "select" and not self.options:
            raise ValueError("A select question needs options")
        if self.options and self.type not in {"select", "checkbox"}:
            raise ValueError("Only select and checkbox questions have options")
        return self

    def question(self, id_: str) -> Question:
        return Question(
            id=id_,
            label=self.label,
            type=self.type,
            required=self.required,
            options=self.options,
        )


def with_ids(questions: Sequence[NewQuestion]) -> list[Question]:
    """Return the questions, with ids derived from their labels where they have none.

    Labels that give the same id (`お名前` and `会社`: both `meeting`) get numbers.
    """
    taken = {question.id for question in questions}
    found = []
    for question in questions:
        id_ = question.id or next(one for one in slugs_from(question.label) if one not in taken)
        taken.add(id_)
        found.append(question.question(id_))
    return found
