"""Settings from CONTACTS_… environment variables."""

from pydantic_settings import SettingsConfigDict

from linktime_common.settings import ServiceSettings


class ContactsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CONTACTS_", frozen=True)
