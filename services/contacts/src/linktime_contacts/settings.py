"""Settings from CONTACTS_… environment variables."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from linktime_common.setting_types import MaybeEmpty
from linktime_common.settings import ServiceSettings

MaybeDays = Annotated[Annotated[int, Field(ge=1, le=36_500)] | None, MaybeEmpty]


class ContactsSettings(ServiceSettings):
    """`CONTACTS_…`; the README describes each."""

    model_config = SettingsConfigDict(env_prefix="CONTACTS_", frozen=True)

    # None: they stay as long as the account.
    message_retention_days: MaybeDays = None
    call_retention_days: MaybeDays = None

    def message_retention(self) -> timedelta | None:
        """Return how long messages are kept, if that is limited."""
        return _days(self.message_retention_days)

    def call_retention(self) -> timedelta | None:
        """Return how long calls are kept, if that is limited."""
        return _days(self.call_retention_days)


def _days(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)
