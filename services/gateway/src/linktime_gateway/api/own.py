"""What the handlers of the gateway's own public routes know of a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiohttp import web

from linktime_common.errors import Refusal
from linktime_common.ids import parse_id
from linktime_gateway.api.session_door import SessionDoor, SignedInAs
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import NotSignedIn


@dataclass(frozen=True)
class Call:
    """`session` is None where the route asks for none; `address` is the client's."""

    deps: Deps
    door: SessionDoor
    session: SignedInAs | None
    parameters: Mapping[str, str]
    address: str

    @property
    def signed_in(self) -> SignedInAs:
        """The session; raises NotSignedIn where there is none."""
        if self.session is None:
            raise NotSignedIn
        return self.session

    @property
    def user_id(self) -> UUID:
        """Whose session it is; raises NotSignedIn."""
        return self.signed_in.grant.user_id

    def path_id(self, name: str, *, otherwise: type[Refusal]) -> UUID:
        """The id in the path; one that is no id names nothing, so `otherwise` is raised."""
        parsed = parse_id(self.parameters[name])
        if parsed is None:
            raise otherwise()
        return parsed


CALL: Final = web.RequestKey("call", Call)


def parameters(pattern: str, path: str) -> dict[str, str]:
    """The segments of `path` that `pattern` (which fits it) names."""
    return {
        name[1:-1]: value
        for name, value in zip(pattern.split("/"), path.split("/"), strict=True)
        if name.startswith("{")
    }
