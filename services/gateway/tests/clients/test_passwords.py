"""Password work and its turns."""

import pytest
from argon2 import PasswordHasher

from linktime_gateway.clients import passwords as module
from linktime_gateway.clients.passwords import PasswordChecker, PasswordWork
from linktime_gateway.domain.client_address import origin_of


async def test_password_work_without_a_turn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a turn, and after it; with the work of production, RFC 9106 for low memory."""
    monkeypatch.setattr(module, "PasswordHasher", PasswordHasher)
    passwords = PasswordChecker()
    job = PasswordWork(origin_of("192.0.2.1"))
    with pytest.raises(RuntimeError, match="needs a turn"):
        await passwords.hash("correct horse battery", job)
    async with passwords.turn(job):
        stored = await passwords.hash("correct horse battery", job)
        assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert await passwords.verify(stored, "correct horse battery", job)
    with pytest.raises(RuntimeError, match="needs a turn"):
        await passwords.verify(stored, "correct horse battery", job)
