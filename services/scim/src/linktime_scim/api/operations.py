"""What the routes open to the outside say of themselves."""

from typing import Any

from linktime_common.http.operations import Operation
from linktime_scim.api.me import Profile
from linktime_scim.api.profile import ChosenPlan, FullProfile, ProfileChanges

PROFILE: dict[str, Any] = {
    "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6070",
    "email": "ada@example.com",
    "name": "Ada Host",
    "username": "ada",
    "plan": "PRO",
    "effectivePlan": "BUSINESS",
}
FULL_PROFILE = PROFILE | {
    "timezone": "Europe/Berlin",
    "planIsYours": False,
    "createdAt": "2026-02-20T09:30:00.000Z",
}

GET_ME = Operation(
    summary="Read your profile",
    description=(
        "`effectivePlan` is the highest of your own plan and what your organizations give you."
    ),
    tag="Profile",
    reply=Profile,
    reply_example=PROFILE,
)

GET_PROFILE = Operation(
    summary="Read your profile on the dashboard",
    tag="Profile",
    reply=FullProfile,
    reply_example=FULL_PROFILE,
)
CHANGE_PROFILE = Operation(
    summary="Change your name or time zone",
    description="A field that is not sent stays as it is; the others may be sent back unchanged.",
    tag="Profile",
    body=ProfileChanges,
    body_example={"name": "Ada Host", "timezone": "Europe/Berlin"},
    reply=FullProfile,
    reply_example=FULL_PROFILE,
    idempotent=True,
)
CHOOSE_PLAN = Operation(
    summary="Choose your plan",
    description="Where the operator leaves it to users; `planIsYours` says so.",
    tag="Profile",
    body=ChosenPlan,
    body_example={"plan": "PRO"},
    reply=FullProfile,
    reply_example=FULL_PROFILE | {"planIsYours": True},
    errors={403: "The operator gives plans, or the request does not come from the dashboard"},
    idempotent=True,
)
