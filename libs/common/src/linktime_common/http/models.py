"""Bodies shared by all services' APIs."""

from typing import Annotated

from pydantic import AfterValidator, Field

from linktime_common.contracts.wire import WireModel
from linktime_common.http.fields import Digits, QueryModel

MOST_PAGE = 2**53 - 1  # the largest integer that every JSON parser represents exactly


class Done(WireModel):
    """The response of a command without a result."""

    success: bool = True


class Pages(QueryModel):
    """`page` from 1."""

    page: Annotated[int, Field(ge=1), Digits, AfterValidator(lambda page: min(page, MOST_PAGE))] = 1


class Paging(Pages):
    """`page` from 1, `limit` up to 100."""

    limit: Annotated[int, Field(ge=1, le=100), Digits] = 20
