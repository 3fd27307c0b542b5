"""What callers read about a field that is wrong."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from linktime_common.http.validation import details_of


class Body(BaseModel):
    one: Annotated[str, Field(min_length=1, max_length=1)] = "a"
    two: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    first: Annotated[list[int], Field(min_length=1, max_length=1)] = [1]
    some: Annotated[list[int], Field(min_length=2, max_length=3)] = [1, 2]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("one", "", "Must have at least 1 character"),
        ("one", "ab", "Must have at most 1 character"),
        ("two", "a", "Must have at least 2 characters"),
        ("two", "abcd", "Must have at most 3 characters"),
        ("first", [], "Must have at least 1 entry"),
        ("first", [1, 2], "Must have at most 1 entry"),
        ("some", [1], "Must have at least 2 entries"),
        ("some", [1, 2, 3, 4], "Must have at most 3 entries"),
    ],
)
def test_one_is_not_several(field: str, value: Any, sentence: str) -> None:
    """Numbers agree with what they count."""
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({field: value})
    assert details_of(caught.value) == {field: sentence}
