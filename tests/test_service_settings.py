"""An invalid setting of a service gives one sentence that names it."""

import importlib
import inspect
import re

import pytest

from linktime_common.settings import InvalidSettings, ServiceSettings, load
from linktime_operator.stack.services import SERVICES

KEY = "key:" + "A" * 43 + "="
NEEDED = {
    "POSTGRES_DSN": "postgresql://localhost/",
    "BROKER_URL": "amqp://localhost/",
    "PORT": "8001",
    "INTERNAL_PORT": "8002",
    "PUBLIC_URL": "https://book.example.com",
    "LINK_KEYS": f'["{KEY}"]',
    "SEALING_KEYS": f'["{KEY}"]',
    **{f"{name.upper()}_URL": "http://localhost/" for name in SERVICES},
    **{f"{name.upper()}_INTERNAL_URL": "http://localhost/" for name in SERVICES},
}
ODD = ("", "hunter2", "[]", "{}", '["a:hunter2"]', '{"a": "b:hunter2"}', '{"a": ["b:hunter2"]}')
ODD_NUMBERS = ("-1", "0", "1e400", "nan", "99999999999999999999")
ODD_ADDRESSES = ("999.1.1.1", "a b", "http://", "http://u:hunter2@h:x/", "null", "[null]")


def settings_of(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"linktime_{service}.settings")
    (found,) = [
        one
        for _name, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, ServiceSettings) and one is not ServiceSettings
    ]
    return found


def problem_of(service: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str | None:
    """Return the problem with this variable, when the others are valid."""
    for needed, right in NEEDED.items():
        monkeypatch.setenv(f"{service.upper()}_{needed}", right)
    monkeypatch.setenv(name, value)
    try:
        load(settings_of(service))
    except InvalidSettings as error:
        return str(error)
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_the_two_ports_differ(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one port each listener would get some of the other's requests."""
    prefix = service.upper()
    problem = problem_of(service, monkeypatch, f"{prefix}_INTERNAL_PORT", NEEDED["PORT"])
    assert problem == f"{prefix}_PORT and {prefix}_INTERNAL_PORT must be different ports"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("value", [*ODD, *ODD_NUMBERS, *ODD_ADDRESSES])
def test_no_value_is_a_stack(service: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting accepts the value, or refuses it in a line that does not quote it."""
    for field, declared in settings_of(service).model_fields.items():
        name = str(declared.validation_alias or f"{service.upper()}_{field.upper()}")
        with monkeypatch.context() as patch:
            problem = problem_of(service, patch, name, value)
        if problem is not None:
            assert re.search(rf"\b{name}\b", problem)  # another one may be missing with it
            assert "\n" not in problem
            assert "hunter2" not in problem


@pytest.mark.parametrize("service", SERVICES)
def test_settings_in_json_are_named_with_an_example(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them."""
    seen = 0
    for field in settings_of(service).model_fields:
        with monkeypatch.context() as patch:
            problem = problem_of(service, patch, f"{service}_{field}".upper(), "hunter2") or ""
        if "JSON" in problem:
            assert re.search(r'such as (\[.+\]|\{".+": .+\})$', problem)
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BOOKINGS_LINK_KEYS", '["a:b"]', "must be a key as it was made"),
        ("BOOKINGS_LINK_KEYS", "[]", "must not be empty"),
        (
            "BOOKINGS_SMTP_HOST",
            "mail.example.com:587",
            "must be the name or IP address of a server",
        ),
        ("BOOKINGS_SMTP_SECURITY", "ssl", "'none', 'starttls' or 'tls'"),
        ("BOOKINGS_MAIL_FROM", "LinkTime", "must be an address such as LinkTime <no-reply@"),
        ("BOOKINGS_MAIL_FROM", "x\r\nBcc: a@example.com", "must be an address such as"),
        ("WEBHOOKS_SEALING_KEYS", '["a:b"]', "must be a JSON array of one or more keys"),
        ("WEBHOOKS_SEALING_KEYS", "[]", "must be a JSON array of one or more keys"),
        ("SCIM_HOST", "999.1.1.1", "must be the IP address or name of an interface"),
        ("SCIM_POSTGRES_DSN", "hunter2", "must be an address such as postgresql://"),
        ("SCIM_BROKER_URL", "hunter2", "must be an address such as amqp://"),
        ("SCIM_BROKER_PREFIX", "", "at least 1 character"),
        ("CONTACTS_IDENTITY_ACCEPT", '{"gateway": ["a:b"]}', "must be a key as it was made"),
        ("CONTACTS_IDENTITY_ISSUE", '{"scim": "a:b"}', "must be a key as it was made"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "x", "must be an address such as http://collector:4318,"),
        ("GATEWAY_TRUSTED_PROXIES", "127.0.0.1", 'is not valid JSON such as ["127.0.0.1/32"]'),
        ("GATEWAY_TRUSTED_PROXIES", "1", 'must be a JSON array such as ["127.0.0.1/32"]'),
        ("WEBHOOKS_FORBIDDEN_PORTS", "1", "must be a JSON array such as [8080]"),
        ("GATEWAY_SET_PASSWORD_MAILS", "maybe", "must be on or off, or true or false"),
        ("WEBHOOKS_CA_FILE", __file__, "must be a file of certificates in PEM"),
        ("WEBHOOKS_EGRESS_PROXY", "http://", "must be an address that begins with http://"),
        ("WEBHOOKS_DNS_SERVER", "127.0.0.1:99999", "must be an IP address and a port"),
        ("WEBHOOKS_RETRY_DELAYS_SECONDS", "[]", "must not be empty"),
        ("GATEWAY_LIMIT_SCIM", "often", "must be a rate such as 60/minute"),
        ("GATEWAY_LIMIT_STORE_URL", "redis://h:x/", "must be an address that begins with"),
    ],
)
def test_an_invalid_setting_is_reported(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the service starts."""
    prefix = name.partition("_")[0].lower()
    service = prefix if prefix in SERVICES else "contacts"
    problem = problem_of(service, monkeypatch, name, value)
    assert problem is not None
    assert reason in problem


@pytest.mark.parametrize("service", ["availability", "bookings", "gateway"])
def test_a_public_address_with_a_path_is_refused(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each service that makes or serves pages."""
    name = f"{service.upper()}_PUBLIC_URL"
    assert problem_of(service, monkeypatch, name, "https://book.example.com/") is None
    problem = problem_of(service, monkeypatch, name, "https://book.example.com/path")
    assert problem == f"{name} must have no path: pages and API are at the root of the host"
