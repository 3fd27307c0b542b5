import stat
from pathlib import Path

from linktime_common.identity import Key
from linktime_operator.stack import services
from linktime_operator.stack.kept import KeptSecrets


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    """The next run reads the same password; other accounts of the machine cannot."""
    kept = KeptSecrets(tmp_path / "secrets")
    password = kept.password("postgres-scim")
    assert KeptSecrets(tmp_path / "secrets").password("postgres-scim") == password
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets" / "postgres-scim").stat().st_mode) == 0o600


def test_each_pair_has_a_key_of_its_own_that_both_sides_know(tmp_path: Path) -> None:
    """A stolen key is valid for one caller and one service only."""
    kept = KeptSecrets(tmp_path / "secrets")
    keys = [
        (caller, audience, Key.parse(key))
        for caller in services.CALLS
        for audience, key in services.issued_by(caller, kept).items()
    ]
    assert len({key.id for _, _, key in keys}) == len({key.secret for _, _, key in keys})
    assert len({key.id for _, _, key in keys}) == len(keys)
    for caller, audience, key in keys:
        assert [Key.parse(one) for one in services.accepted_by(audience, kept)[caller]] == [key]


def test_only_the_operator_has_the_operators_keys(tmp_path: Path) -> None:
    """Every service accepts the operator; no service gets the operator's signing keys."""
    kept = KeptSecrets(tmp_path / "secrets")
    assert set(services.issued_by("operator", kept)) == set(services.SERVICES)
    for service in services.SERVICES:
        assert "operator" in services.accepted_by(service, kept)
        assert "operator" not in services.issued_by(service, kept)
