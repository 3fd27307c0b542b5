"""How far a service is with the deletion of a user, on every service's internal port (operator).

GET /internal/user-deletions/{id}  → 200 UserDeletion
"""

from typing import Literal
from uuid import UUID

from linktime_common.contracts.wire import WireModel

DeletionState = Literal["waiting", "running", "done"]
"""Until the event has arrived, until the rows are deleted, and then."""


class UserDeletion(WireModel):
    user_id: UUID
    state: DeletionState
