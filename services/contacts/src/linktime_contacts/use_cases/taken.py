"""What taking in a message or a call comes to."""

from typing import NamedTuple
from uuid import UUID


class Ingested(NamedTuple):
    id: UUID
    is_new: bool
