"""Change the password on the dashboard."""

from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field, SecretStr

from linktime_common.http import bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.writes import done
from linktime_gateway.api.own import CALL, write_own
from linktime_gateway.api.sessions import TAG
from linktime_gateway.domain.errors import NoPassword
from linktime_gateway.domain.passwords import LONGEST, SHORTEST
from linktime_gateway.use_cases.change_password import ChangePassword, change_password

Password = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]


class NewPasswordRequest(RequestModel):
    current: Annotated[SecretStr, Field(max_length=LONGEST)]
    new: Password


@Operation(
    summary="Change the password",
    description="Ends every other session of the user.",
    tag=TAG,
    body=NewPasswordRequest,
    body_example={"current": "correct horse battery", "new": "staple of another kind"},
    reply=Done(),
    errors={NoPassword: "The account has no password, or it has just been changed"},
    idempotent=True,
)
async def put_password(request: web.Request) -> web.Response:
    call = request[CALL]
    body = await bodies.read(request, NewPasswordRequest)
    command = ChangePassword(
        grant=call.signed_in.grant,
        current=body.current.get_secret_value(),
        new=body.new.get_secret_value(),
        address=call.address,
    )
    act = partial(change_password, command, call.deps)
    # The session token is not stored, so the stored fingerprint cannot be used to guess passwords.
    return await write_own(request, act, done, pepper=call.signed_in.token)
