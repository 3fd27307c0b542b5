"""The SCIM_… environment."""

from pydantic_settings import SettingsConfigDict

from linktime_common.contracts.events.scim import Plan
from linktime_common.setting_types import BaseUrl
from linktime_common.settings import ServiceSettings


class ScimSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SCIM_", frozen=True)

    # The base address for identity providers, without /api/scim/v2.
    public_url: BaseUrl
    # The plan of an account created without one; nothing is locked on one's own server.
    default_plan: Plan = Plan.BUSINESS
    # Whether users choose their own plan; otherwise only the operator sets it.
    plan_changes: bool = False
