"""What the gateway's own public routes say of themselves."""

from linktime_common.contracts.internal_api.gateway import (
    ApiKeys,
    MadeApiKey,
    MadeScimToken,
    ScimTokens,
)
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_gateway.api.schemas import (
    NewApiKeyRequest,
    NewPasswordRequest,
    SignedIn,
    SignInRequest,
)

SESSION, KEYS, SCIM = "Session", "API keys", "SCIM tokens"
FOREIGN = {403: "The request does not come from the dashboard's own pages"}
NO_ORGANIZATION = {404: "There is no such organization, or it is not yours"}

SIGN_IN = Operation(
    summary="Sign in",
    description="Sets the session's cookie. An unknown e-mail, a wrong password and an inactive "
    "account are answered alike. 10 attempts for an e-mail and 20 from an address in 15 minutes.",
    tag=SESSION,
    body=SignInRequest,
    reply=SignedIn,
    errors={401: "The e-mail or the password is wrong", **FOREIGN},
)
GET_SESSION = Operation(summary="Who is signed in", tag=SESSION, reply=SignedIn)
SIGN_OUT = Operation(summary="Sign out", tag=SESSION, reply=Done, errors=FOREIGN)
SIGN_OUT_EVERYWHERE = Operation(
    summary="Sign out everywhere",
    description="Ends every session of the user, this one included.",
    tag=SESSION,
    reply=Done,
    errors=FOREIGN,
)
CHANGE_PASSWORD = Operation(
    summary="Change the password",
    description="Ends every other session of the user.",
    tag=SESSION,
    body=NewPasswordRequest,
    reply=Done,
    errors={**FOREIGN, 409: "The account has no password, or it has just been changed"},
)
LIST_KEYS = Operation(summary="List API keys", tag=KEYS, reply=ApiKeys)
MAKE_KEY = Operation(
    summary="Make an API key",
    description="The key is shown this once.",
    tag=KEYS,
    body=NewApiKeyRequest,
    reply=MadeApiKey,
    status=201,
    errors={403: "The plan has no API keys, or the request does not come from the dashboard"},
)
REVOKE_KEY = Operation(
    summary="Revoke an API key",
    tag=KEYS,
    reply=Done,
    errors={**FOREIGN, 404: "There is no such key, or it is not yours"},
)
LIST_TOKENS = Operation(
    summary="List SCIM tokens", tag=SCIM, reply=ScimTokens, errors=NO_ORGANIZATION
)
MAKE_TOKEN = Operation(
    summary="Make a SCIM token",
    description="For an organization on the Business plan. The token is shown this once.",
    tag=SCIM,
    reply=MadeScimToken,
    status=201,
    errors={
        403: "The plan has no SCIM, or the request does not come from the dashboard",
        **NO_ORGANIZATION,
    },
)
REVOKE_TOKEN = Operation(
    summary="Revoke a SCIM token",
    tag=SCIM,
    reply=Done,
    errors={**FOREIGN, 404: "There is no such organization or token, or it is not yours"},
)
