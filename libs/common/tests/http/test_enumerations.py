from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from linktime_common.http.enumerations import any_case


class Kind(StrEnum):
    KIND_IS = "KIND_IS"


READER: TypeAdapter[Any] = TypeAdapter(Annotated[Kind, any_case(Kind)])


@pytest.mark.parametrize("value", ["kind_is", "KIND_IS", "Kind_Is"])
def test_a_word_is_read_in_any_case(value: str) -> None:
    assert READER.validate_python(value) is Kind.KIND_IS


@pytest.mark.parametrize(
    "value", ["k\u0131nd_is", "kind_i\u017f", "\u212aIND_IS", "K\u0130ND_IS", "", 1, None]
)
def test_other_letters_are_other_words(value: Any) -> None:
    """Also those whose capital or small letter is an ASCII letter."""
    with pytest.raises(ValidationError):
        READER.validate_python(value)
