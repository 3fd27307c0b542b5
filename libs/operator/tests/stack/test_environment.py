import pytest

from linktime_operator.stack.environment import for_service


def test_a_service_sees_its_own_settings_and_not_the_shells_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program's token, or another service's setting, is no business of this one."""
    monkeypatch.setenv("BOOKINGS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("CONTACTS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    seen = for_service("bookings", {}, {})
    assert seen["BOOKINGS_LOG_LEVEL"] == "DEBUG"
    assert "PATH" in seen
    assert not {"CONTACTS_LOG_LEVEL", "SOME_TOKEN"} & set(seen)


def test_the_stack_knows_addresses_better_than_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database named for another purpose is never used by mistake; an override is meant."""
    monkeypatch.setenv("BOOKINGS_POSTGRES_DSN", "postgresql://production/")
    told = {"BOOKINGS_POSTGRES_DSN": "postgresql://local/", "BOOKINGS_PORT": "1024"}
    seen = for_service("bookings", told, {"BOOKINGS_PORT": "2048"})
    assert seen["BOOKINGS_POSTGRES_DSN"] == "postgresql://local/"
    assert seen["BOOKINGS_PORT"] == "2048"
