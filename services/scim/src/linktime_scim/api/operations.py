"""What the routes open to the outside say of themselves."""

from linktime_common.http.operations import Operation
from linktime_scim.api.me import Profile

GET_ME = Operation(
    summary="Read your profile",
    description=(
        "`effectivePlan` is the highest of your own plan and what your organizations give you."
    ),
    tag="Profile",
    reply=Profile,
    reply_example={
        "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6070",
        "email": "ada@example.com",
        "name": "Ada Host",
        "username": "ada",
        "plan": "PRO",
        "effectivePlan": "BUSINESS",
    },
)
