"""Creating accounts, also concurrently."""

import asyncio
import re
from dataclasses import replace

import pytest

from linktime_common.contracts.events.scim import Plan, UserCreated
from linktime_common.ids import new_id
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import EmailTaken, UserIdTaken, UsernameTaken
from linktime_scim.store import users
from linktime_scim.use_cases.create_user import CreateUser, create_user

from .accounts import NOW, POOL_SIZE, Events, NewUser

ANN = CreateUser(new_id(), "Ann@Example.com", "Ann Lee", None, None, "Europe/Berlin")


async def test_an_account_is_created_and_published(deps: Deps, events: Events) -> None:
    """The event has the whole account, its version and the effective plan."""
    account, is_new = await create_user(ANN, deps)
    assert is_new
    assert (account.username, account.plan, account.effective_plan) == (
        "ann-lee",
        Plan.BUSINESS,
        Plan.BUSINESS,
    )
    (document,) = await events()
    assert document["type"] == "user.created"
    assert document["ownerid"] == document["subject"] == str(ANN.id)
    event = UserCreated.from_envelope(document)
    assert event.user == account.state
    assert event.aggregate_version == account.version == int(NOW.timestamp() * 1_000_000)


async def test_a_retry_finds_the_account_of_the_first_try(deps: Deps, events: Events) -> None:
    """Same id and e-mail, in any letter case: the same account, no second event."""
    first, _ = await create_user(ANN, deps)
    again = replace(ANN, email="ANN@example.COM", name="Somebody Else", username="else")
    second, is_new = await create_user(again, deps)
    assert (second, is_new) == (first, False)
    assert len(await events()) == 1


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_tries_create_one_account(deps: Deps, events: Events) -> None:
    """One of them creates it, the others find it."""
    made = await asyncio.gather(*(create_user(ANN, deps) for _ in range(POOL_SIZE)))
    assert [is_new for _account, is_new in made].count(True) == 1
    assert len({account for account, _is_new in made}) == 1
    assert len(await events()) == 1


async def test_an_id_with_another_email_is_refused(deps: Deps, events: Events) -> None:
    """An id never changes from one person to another."""
    await create_user(ANN, deps)
    with pytest.raises(UserIdTaken):
        await create_user(replace(ANN, email="bob@example.com"), deps)
    assert len(await events()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ann@example.com", "ANN@EXAMPLE.COM"),
        ("straße@example.com", "STRAẞE@example.com"),
        ("İ@example.com", "i\u0307@example.com"),
        ("ünï@example.com", "U\u0308NI\u0308@example.com"),
        ("ΣΊΣΥΦΟΣ@example.com", "σίσυφος@example.com"),
    ],
)
async def test_an_email_is_taken_in_every_letter_case(
    new_user: NewUser, events: Events, first: str, second: str
) -> None:
    """In any alphabet, with composed and decomposed accents."""
    await new_user(email=first)
    with pytest.raises(EmailTaken):
        await new_user(email=second)
    assert len(await events()) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße", "strasse"), ("βος", "βοσ"), ("ı", "i"), ("İ", "i"), ("ſam", "sam")],
)
async def test_look_alikes_are_two_accounts(
    deps: Deps, new_user: NewUser, one: str, other: str
) -> None:
    """Each is found by its address only, in any letter case with the same letters."""
    for email in (f"{one}@example.com", f"{other}@example.com"):
        made = await new_user(email=email)
        async with deps.database.connection() as connection:
            found = await users.find_by_email(connection, email)
        assert found is not None
        assert found.id == made.id


@pytest.mark.usefixtures("long_connection_wait")
async def test_thirty_concurrent_creations_with_one_email_create_one_account(
    new_user: NewUser, events: Events
) -> None:
    """The others are refused as existing."""
    outcomes = await asyncio.gather(
        *(new_user(email="Ann@example.com") for _ in range(30)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [EmailTaken] * 29
    assert len(await events()) == 1


@pytest.mark.usefixtures("long_connection_wait")
async def test_fifty_concurrent_creations_with_one_name_all_get_a_username(
    new_user: NewUser, events: Events
) -> None:
    """Each a different one, numbered without gaps unless many collide."""
    made = await asyncio.gather(*(new_user(name="Ann Lee") for _ in range(50)))
    usernames = {account.username for account in made}
    assert len(usernames) == 50
    assert {"ann-lee", "ann-lee-2", "ann-lee-3"} <= usernames
    assert all(re.fullmatch(r"ann-lee(-[0-9a-f]+)?", username) for username in usernames)
    assert len(await events()) == 50


@pytest.mark.usefixtures("long_connection_wait")
async def test_fifty_concurrent_creations_without_latin_letters_all_get_a_username(
    new_user: NewUser,
) -> None:
    """The random part makes them unique."""
    made = await asyncio.gather(*(new_user(name="王小明") for _ in range(50)))
    assert len({account.username for account in made}) == 50
    assert all(account.username.startswith("host-") for account in made)


async def test_a_derived_username_avoids_a_requested_one(new_user: NewUser) -> None:
    """Both kinds are unique together."""
    await new_user(username="ann-lee")
    await new_user(username="ann-lee-2")
    assert (await new_user(name="Ann Lee")).username == "ann-lee-3"


async def test_a_requested_username_is_never_changed(new_user: NewUser, events: Events) -> None:
    """It is given or refused, also with twenty concurrent requests."""
    outcomes = await asyncio.gather(
        *(new_user(username="ann") for _ in range(20)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [UsernameTaken] * 19
    assert len(await events()) == 1


async def test_the_requested_plan_precedes_the_default(new_user: NewUser, deps: Deps) -> None:
    """The default is a setting."""
    assert (await new_user(plan=Plan.FREE)).effective_plan is Plan.FREE
    frugal = replace(deps, default_plan=Plan.PRO)
    account, _ = await create_user(ANN, frugal)
    assert account.plan is Plan.PRO
