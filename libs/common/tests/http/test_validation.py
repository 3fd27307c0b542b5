"""Error sentences of invalid fields."""

from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretBytes,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from linktime_common.http.validation import details_of


class Body(BaseModel):
    one: Annotated[str, Field(min_length=1, max_length=1)] = "a"
    two: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    first: Annotated[list[int], Field(min_length=1, max_length=1)] = [1]
    some: Annotated[list[int], Field(min_length=2, max_length=3)] = [1, 2]
    names: Annotated[dict[str, int], Field(max_length=1)] = {}
    secret: Annotated[SecretStr, Field(min_length=2, max_length=3)] = SecretStr("ab")
    secret_bytes: Annotated[SecretBytes, Field(min_length=2, max_length=3)] = SecretBytes(b"ab")
    checked: Annotated[str, AfterValidator(str), Field(min_length=2, max_length=3)] = "ab"
    stripped: Annotated[
        str, StringConstraints(strip_whitespace=True), Field(min_length=2, max_length=3)
    ] = "ab"
    packed: Annotated[bytes, Field(min_length=1, max_length=3)] = b"ab"
    between: Annotated[int, Field(gt=1, lt=9, multiple_of=2)] = 2
    ratio: Annotated[float, Field(allow_inf_nan=False)] = 1.0


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
        ("names", {"a": 1, "b": 2}, "Must have at most 1 entry"),
        ("secret", "a", "Must have at least 2 characters"),
        ("secret", "abcd", "Must have at most 3 characters"),
        ("secret", 5, "Expected a text"),
        ("secret_bytes", "a", "Must have at least 2 characters"),
        ("secret_bytes", b"abcd", "Must have at most 3 characters"),
        ("secret_bytes", 5, "Expected a text"),
        ("checked", "a", "Must have at least 2 characters"),
        ("checked", "abcd", "Must have at most 3 characters"),
        ("stripped", " a ", "Must have at least 2 characters"),
        ("packed", "", "Must have at least 1 byte"),
        ("packed", "abcd", "Must have at most 3 bytes"),
        ("between", 0, "Must be more than 1"),
        ("between", 10, "Must be less than 9"),
        ("between", 3, "Must be a multiple of 2"),
        ("ratio", "x", "Expected a number"),
        ("ratio", "inf", "Expected a finite number"),
    ],
)
def test_one_is_not_several(field: str, value: Any, sentence: str) -> None:
    """Singular and plural agree with the number."""
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({field: value})
    assert details_of(caught.value) == {field: sentence}
