"""An identity is valid only for its service, for a minute, unchanged."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from linktime_common.identity import CallerKind, IdentityRefused, Key, Signer, Verifier
from linktime_local.testing.services import key_between

NOW = 1_800_000_000.0


def signer(issuer: str = "gateway", audience: str = "bookings", at: float = NOW) -> Signer:
    return Signer(issuer, {audience: Key.parse(key_between(issuer, audience))}, lambda: at)


def verifier(audience: str = "bookings", at: float = NOW) -> Verifier:
    keys = {
        issuer: [Key.parse(key_between(issuer, audience))] for issuer in ("gateway", "operator")
    }
    return Verifier(audience, keys, lambda: at)


def test_a_signed_identity_is_read_back_whole() -> None:
    """Every claim is preserved."""
    user, organization = uuid4(), uuid4()
    header = signer().sign(
        "bookings",
        CallerKind.SESSION,
        subject=user,
        organization=organization,
        plan="PRO",
        timezone="Asia/Tokyo",
    )
    read = verifier().verify(header)
    assert (read.issuer, read.audience, read.caller_kind) == (
        "gateway",
        "bookings",
        CallerKind.SESSION,
    )
    assert (read.subject, read.organization, read.plan) == (user, organization, "PRO")
    assert read.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(("age", "accepted"), [(0, True), (90, True), (91, False), (3600, False)])
def test_an_identity_lives_a_minute_and_a_leeway(age: int, accepted: bool) -> None:
    """60 seconds and 30 for clock skew."""
    header = signer().sign("bookings", CallerKind.PUBLIC)
    if accepted:
        assert verifier(at=NOW + age).verify(header).caller_kind is CallerKind.PUBLIC
    else:
        with pytest.raises(IdentityRefused, match="expired"):
            verifier(at=NOW + age).verify(header)


def test_each_second_and_each_caller_have_an_identity_of_their_own() -> None:
    """A cached identity is neither used for another caller nor kept longer than a second."""
    clock = [NOW]
    issuer = Signer(
        "gateway", {"bookings": Key.parse(key_between("gateway", "bookings"))}, lambda: clock[0]
    )
    one, other = uuid4(), uuid4()
    for clock[0] in (NOW, NOW + 0.5, NOW + 1, NOW + 3600):
        for user in (one, other, one):
            read = verifier(at=clock[0]).verify(
                issuer.sign("bookings", CallerKind.API_KEY, subject=user)
            )
            assert (read.subject, read.plan) == (user, None)
    header = issuer.sign("bookings", CallerKind.API_KEY, subject=one, plan="PRO")
    assert verifier(at=clock[0]).verify(header).plan == "PRO"
    assert verifier(at=clock[0] + 90).verify(header).subject == one


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: None,
        lambda header: "",
        lambda header: "a.b",
        lambda header: header[:-2] + ("A=" if header[-2:] != "A=" else "B="),
        lambda header: header.replace("gateway-bookings", "operator-bookings"),
        lambda header: header + ".x",
        lambda header: "é.é.é",
        lambda header: signer(audience="contacts").sign("contacts", CallerKind.PUBLIC),
        lambda header: signer("mallory").sign("bookings", CallerKind.PUBLIC),
    ],
)
def test_a_spoilt_identity_is_refused(spoil: Callable[[str], str | None]) -> None:
    """Missing, malformed, forged, another issuer's key, another service's."""
    with pytest.raises(IdentityRefused):
        verifier().verify(spoil(signer().sign("bookings", CallerKind.PUBLIC)))


def test_one_callers_key_cannot_speak_for_another() -> None:
    """The operator's key is not valid for the issuer gateway."""
    forged = Signer("gateway", {"bookings": Key.parse(key_between("operator", "bookings"))})
    with pytest.raises(IdentityRefused, match="issuer"):
        verifier().verify(forged.sign("bookings", CallerKind.PUBLIC))


@pytest.mark.parametrize("text", ["", "id", "id:", ":c2VjcmV0", "id:short", "a.b:" + "A" * 44])
def test_a_weak_or_malformed_key_stops_the_start(text: str) -> None:
    """A key needs an id and 32 bytes."""
    with pytest.raises(ValueError, match="identity key"):
        Key.parse(text)
