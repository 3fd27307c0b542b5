"""The SCIM_… environment."""

from pydantic_settings import SettingsConfigDict

from linktime_common.contracts.events.scim import Plan
from linktime_common.settings import ServiceSettings


class ScimSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SCIM_", frozen=True)

    # What an account gets that asks for no plan; on one's own server nothing is locked.
    default_plan: Plan = Plan.BUSINESS
    # Whether users choose their own plan; else the operator alone gives it.
    plan_changes: bool = False
