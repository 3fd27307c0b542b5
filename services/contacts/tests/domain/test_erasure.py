"""The rounds of an erasure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from linktime_common.ids import new_id
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.erasure import ROUNDS_APART, SERVICES, new_erasure

NOW = datetime(2026, 3, 1, 14, tzinfo=UTC)
ANN = Contact(
    id=new_id(),
    owner_id=new_id(),
    name="Ann",
    email="Ann@Example.com",
    phone="+4930111111",
    other_emails=["ann@example.org"],
    version=1,
    created_at=NOW,
    updated_at=NOW,
)


def test_a_new_erasure_names_all_addresses_of_the_contact() -> None:
    booking_id = new_id()
    erasure = new_erasure(new_id(), ANN, [booking_id], now=NOW)
    assert erasure.emails == ["ann@example.com", "ann@example.org"]
    assert erasure.phones == ["+4930111111"]
    assert (erasure.contact_ids, erasure.booking_ids) == ([ANN.id], [booking_id])
    assert (erasure.round, erasure.waiting_for, erasure.due_at) == (1, SERVICES, NOW + ROUNDS_APART)


def test_the_next_round_waits_for_every_service_again() -> None:
    """A contact that a late event has made is erased with it."""
    late = replace(ANN, id=new_id(), email="ann@example.net")
    confirmed = replace(new_erasure(new_id(), ANN, [], now=NOW), waiting_for=())
    following = confirmed.with_contact(late, []).next_round(NOW + timedelta(minutes=10))
    assert (following.round, following.waiting_for) == (2, SERVICES)
    assert following.contact_ids == [ANN.id, late.id]
    assert following.event(NOW).emails == ["ann@example.com", "ann@example.org", "ann@example.net"]
    assert following.event(NOW).requested_at == NOW


def test_a_finished_erasure_does_not_know_whom() -> None:
    done = new_erasure(new_id(), ANN, [new_id()], now=NOW).finished(NOW)
    assert (done.emails, done.phones, done.booking_ids) == ([], [], [])
    assert (done.state, done.contact_ids) == ("done", [ANN.id])
