"""The warning about a proxy whose clients share one address."""

from typing import Any

import pytest

from linktime_gateway.api.proxy_warning import NOT_READ, NOT_TRUSTED
from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running

from .own_logs import own_logs

TRUSTED = ["127.0.0.0/8"]
XFF = {"X-Forwarded-For": "192.0.2.1"}
FORWARDED = {"Forwarded": "for=192.0.2.1"}


@pytest.mark.parametrize(
    ("trusted", "headers", "warning"),
    [
        ([], {}, None),
        (TRUSTED, XFF, None),
        (TRUSTED, {**XFF, **FORWARDED}, None),
        ([], XFF, NOT_TRUSTED),
        ([], FORWARDED, NOT_TRUSTED),
        (["10.0.0.0/8"], XFF, NOT_TRUSTED),
        (TRUSTED, FORWARDED, NOT_READ),
    ],
)
async def test_it_is_logged_once(
    call: Any,
    settings: dict[str, Any],
    trusted: list[str],
    headers: dict[str, str],
    warning: str | None,
) -> None:
    """With the peer's address, without the client's, and with the setting that helps."""
    with own_logs() as lines:
        async with running(SERVICE, **{**settings, "trusted_proxies": trusted}) as gateway:
            for _ in range(3):
                await call("GET", "/healthz", url=gateway.url, headers=headers)
    found = [line for line in lines if line["event"] in {NOT_READ, NOT_TRUSTED}]
    assert [line["event"] for line in found] == ([] if warning is None else [warning])
    for line in found:
        assert (line["log_level"], line["peer"]) == ("warning", "127.0.0.1")
        assert "192.0.2.1" not in str(line)
        assert ("GATEWAY_TRUSTED_PROXIES" in line["remedy"]) == (warning == NOT_TRUSTED)
