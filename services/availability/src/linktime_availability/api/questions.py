"""The questions of an event type."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StrictBool, StringConstraints, model_validator

from linktime_availability.domain.event_type import slug_from
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

    def question(self) -> Question:
        return Question(
            id=self.id or slug_from(self.label),
            label=self.label,
            type=self.type,
            required=self.required,
            options=self.options,
        )
