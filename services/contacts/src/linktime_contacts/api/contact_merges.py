"""Merge two contacts, for API keys and the dashboard."""

from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from linktime_common.http import auth, bodies
from linktime_common.http.fields import OneLine, RequestModel
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, write
from linktime_common.ids import parse_id
from linktime_contacts.api.contacts import EXAMPLE, NOT_FOUND, TAG
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.errors import ContactNotFound, MergeTooLarge
from linktime_contacts.use_cases.merge_contacts import MergeContacts, merge_contacts


class MergeRequest(RequestModel):
    """The contact that is merged into the one of the path, and deleted."""

    contact_id: Annotated[str, StringConstraints(max_length=200), OneLine]


@Operation(
    summary="Merge another contact into this one",
    description=(
        "The other contact is deleted. Its meetings, threads and calls become those of this one, "
        "which is found by the e-mail addresses and phone numbers of both. Fields of this one that "
        "are empty are filled, notes are appended; other values of this one stay. Publishes the "
        "event `contact.merged`."
    ),
    tag=TAG,
    body=MergeRequest,
    body_example={"contactId": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22"},
    reply=EXAMPLE,
    errors=NOT_FOUND | {MergeTooLarge: "The merged contact would be too large"},
    idempotent=True,
)
async def post_merge(request: web.Request) -> web.Response:
    body = await bodies.read(request, MergeRequest)
    kept_id = path_id(request, "id", otherwise=ContactNotFound)
    merged_id = parse_id(body.contact_id)
    if merged_id is None:
        raise ContactNotFound
    if merged_id == kept_id:
        raise bodies.invalid("contactId", "Must be another contact than that of the path")
    command = MergeContacts(owner_id=auth.user_id(request), kept_id=kept_id, merged_id=merged_id)
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(merge_contacts, command, deps), answer)
