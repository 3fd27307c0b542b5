"""Settings of egress under the prefix of the service that has them."""

import pytest
from pydantic_settings import SettingsConfigDict

from linktime_common.egress.addresses import AddressRefused, check_port
from linktime_common.egress.settings import EgressSettings
from linktime_common.settings import InvalidSettings, load


class CalendarSettings(EgressSettings):
    model_config = SettingsConfigDict(env_prefix="AVAILABILITY_CALENDARS_")


def test_each_user_has_settings_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of another prefix have no effect."""
    monkeypatch.setenv("WEBHOOKS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AVAILABILITY_CALENDARS_ALLOWED_NETWORKS", '["10.0.0.0/8"]')
    settings = load(CalendarSettings)
    assert settings.allow_http is False
    assert [str(network) for network in settings.allowed_networks] == ["10.0.0.0/8"]
    assert settings.new_resolver().allowed == settings.allowed_networks


def test_an_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its whole variable."""
    monkeypatch.setenv("AVAILABILITY_CALENDARS_EGRESS_PROXY", "https://hunter2")
    with pytest.raises(InvalidSettings) as caught:
        load(CalendarSettings)
    assert str(caught.value) == (
        "AVAILABILITY_CALENDARS_EGRESS_PROXY must be an address that begins with http://, "
        "such as http://host:3128"
    )


async def test_an_unknown_port_is_checked_at_the_socket() -> None:
    """Also where only some ports may be reached; 0 as a port is none of them."""
    settings = EgressSettings(allowed_networks=("127.0.0.0/8",), allowed_ports={443})
    async with settings.new_resolver() as resolver:
        assert await resolver.addresses("127.0.0.1") == ["127.0.0.1"]
        assert [found["host"] for found in await resolver.resolve("127.0.0.1")] == ["127.0.0.1"]
        assert await resolver.addresses("127.0.0.1", 443) == ["127.0.0.1"]
        for port in (0, 80):
            with pytest.raises(AddressRefused):
                await resolver.addresses("127.0.0.1", port)
        with pytest.raises(AddressRefused):
            check_port("127.0.0.1", 0, resolver.forbidden_ports)
