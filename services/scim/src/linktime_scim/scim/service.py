"""The protocol of identity providers: scim2-server's, with its open choices decided."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import orjson
from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidValueException,
    ListResponse,
    PatchOp,
    PatchOperation,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ModelT, ScimService
from scim2_server.storage import SearchPage

from linktime_scim.domain.provisioning import Provisioned
from linktime_scim.scim.ignored import without_ignored
from linktime_scim.scim.limits import (
    check_count,
    check_names,
    check_search,
    check_size,
    read_object,
)
from linktime_scim.scim.model import User
from linktime_scim.scim.operations import separated
from linktime_scim.scim.patch_limits import check_patch
from linktime_scim.scim.resources import completed, rendered
from linktime_scim.scim.selection import selection
from linktime_scim.scim.wording import of_a_body, of_an_operation

MOST_START_INDEX = 2**62
EMPTY_LIST = ","  # the library takes an empty text for an absent header; RFC 9110 5.6.1.2
LIST_SCHEMAS = [str(ListResponse.__schema__)]


@dataclass
class MemberPage(SearchPage):
    """A page of members, which lists render without creating resources."""

    members: Sequence[Provisioned] = ()


class MemberService(ScimService):
    """Reads within limits, completes users, and responds to PATCH with the user."""

    def read_body(
        self, model: type[ModelT], body: bytes, content_type: str | None, scim_ctx: Context
    ) -> ModelT:
        """Read the body within limits; a refusal names the attribute."""
        self.decode_body(body, content_type)
        with _naming():
            return super().read_body(model, body, content_type, scim_ctx)

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """Decode the body within limits; ignored values do not count."""
        self.ensure_json(content_type)
        payload = without_ignored(read_object(body))
        check_size(payload)
        return payload

    def read_search(
        self, resource_types: list[ResourceType], payload: Any
    ) -> tuple[SearchRequest[Any], Any]:
        """Read the search within limits; a start after the end gives an empty page."""
        checked = check_search(payload)
        with _naming():
            search, position = super().read_search(resource_types, checked)
        search.start_index = min(search.start_index or 1, MOST_START_INDEX)
        return search, position

    def read_response_parameters(
        self, resource_type: ResourceType, query: Mapping[str, str]
    ) -> ResponseParameters[Any]:
        """Read the parameters within limits."""
        checked = check_search(dict(query))
        with _naming():
            return super().read_response_parameters(resource_type, checked)

    @staticmethod
    def read_conditions(request: ScimRequest) -> Conditions:
        """Return the conditional headers.

        An empty If-Match lists no tag, so it matches nothing. Runs of blanks become single ones,
        for which the core takes quadratic time.
        """
        found = ScimService.read_conditions(request)
        if_match = _single_blanks(found.if_match)
        if if_match is not None and not if_match.strip():
            if_match = EMPTY_LIST
        return Conditions(if_match, _single_blanks(found.if_none_match))

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """Return the complete user to create."""
        check_names(self.decode_body(body, content_type))
        return completed(cast("User", super().read_creation(resource_type, body, content_type)))

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """Return the complete replacement."""
        check_names(self.decode_body(body, content_type))
        return completed(cast("User", super().read_replacement(resource_type, body, content_type)))

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Return the replacement, or None when nothing changes. `active` stays if not sent."""
        user = cast("User", replacement)
        if user.active is None:
            user.active = cast("User", current).active
        return super().apply_replacement(current, user, conditions)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> PatchOp[User]:
        """Return the operations, with one attribute each."""
        payload = self.decode_body(body, content_type)
        check_patch(payload)
        for name, operations in payload.items():
            if name.casefold() == "operations" and isinstance(operations, list):
                payload[name] = separated(operations)
        return super().read_patch(resource_type, orjson.dumps(payload), content_type)

    def apply_patch(
        self, current: Resource[Any], patch_op: PatchOp[User], conditions: Conditions
    ) -> Resource[Any] | None:
        """Return the changed, complete user, or None when nothing changes."""
        self.check_preconditions(current, "PATCH", conditions)
        user = cast("User", current)
        operations = patch_op.operations or []
        is_changed = _apply(patch_op, user)
        _refuse_addresses_without_value(operations, user)
        return completed(user) if is_changed else None

    def patch_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Respond 200 with the user, which every provider accepts, instead of the library's 204."""
        return self.replacement_response(base_url, resource, response_parameters)

    def search_response(
        self,
        base_url: str,
        resource_types: list[ResourceType],
        page: SearchPage,
        search_request: SearchRequest[Any],
    ) -> ScimResponse:
        """Return the list, rendered from stored members."""
        select = selection(search_request)
        shown = [
            select(self._as_kept(base_url, resource_types[0], member))
            for member in cast("MemberPage", page).members
        ]
        body = {
            "schemas": LIST_SCHEMAS,
            "totalResults": page.total,
            "startIndex": search_request.start_index,
            "itemsPerPage": len(shown),
            "Resources": shown,
        }
        return ScimResponse(HTTPStatus.OK, body)

    def _as_kept(
        self, base_url: str, resource_type: ResourceType, member: Provisioned
    ) -> dict[str, Any]:
        shown = rendered(member)
        shown["meta"]["location"] = self.resource_location(base_url, resource_type, shown["id"])
        return shown


def _single_blanks(value: str | None) -> str | None:
    # No version contains a blank, so a tag that does matches none, before and after.
    return None if value is None else " ".join(value.split())


@contextmanager
def _naming() -> Iterator[None]:
    """Reword the library's refusal of a body or a query."""
    try:
        yield
    except SCIMException as error:
        if isinstance(error.__cause__, ValidationError):
            raise of_a_body(error.__cause__) from error
        raise


def _apply(patch_op: PatchOp[User], user: User) -> bool:
    """Apply the operations; return whether they change the user.

    All in one call, which copies the user once; one by one only to find the refused one.
    """
    applied: list[PatchOperation[User]] = []

    def one_by_one() -> Iterator[PatchOperation[User]]:
        for operation in patch_op.operations or []:
            applied.append(operation)
            yield operation
            check_count(user.emails)

    try:
        return patch_op.model_copy(update={"operations": one_by_one()}).patch(user)
    except SCIMException as error:
        operation = applied[-1]
        if operation.path:
            raise of_an_operation(error, str(operation.path), operation.value) from error
        raise of_an_operation(error, ", ".join(cast("dict[str, Any]", operation.value))) from error


def _refuse_addresses_without_value(operations: Sequence[PatchOperation[User]], user: User) -> None:
    # Such an address is not kept: correct after its value was removed, otherwise a mistake.
    takes_away = any(
        one.op is PatchOperation.Op.remove or one.value in (None, "") for one in operations
    )
    if not takes_away and not all(one.value for one in user.emails or []):
        raise InvalidValueException(detail="emails has an address without a value")
