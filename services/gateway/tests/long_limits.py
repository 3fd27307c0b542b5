"""What gateways under test do with longer time limits and less work than in production.

The services behind them run in the same process, so while a busy machine stops that process for
seconds, a short time limit expires, and the response is 503. Tests about time limits use the
fixture `product_time_limits`.
"""

import dataclasses
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher

from linktime_common import postgres, service
from linktime_gateway.api import public
from linktime_gateway.clients import connections, directory, passwords, public_reads
from linktime_gateway.domain.page_table import PageTable
from linktime_gateway.domain.route_table import Forward, RouteTable
from linktime_gateway.store import shared_limits
from linktime_gateway.use_cases import count_attempt, look_up, use_account_link
from linktime_local.testing import time_limits
from linktime_local.testing.time_limits import LONG_SECONDS, TimeLimits, of_the_product, set_limits

SHORT_LIMITS = (
    (connections, "CONNECT_SECONDS"),
    (count_attempt, "ATTEMPT_SECONDS"),
    (count_attempt, "TAKE_BACK_SECONDS"),
    (directory, "READ_SECONDS"),
    (directory, "SIGN_UP_SECONDS"),
    (shared_limits, "STORE_SECONDS"),
    (look_up, "LOOK_UP_SECONDS"),
    (use_account_link, "ATTEMPT_SECONDS"),
)


def _slow(routes: Iterable[Forward]) -> list[Forward]:
    return [dataclasses.replace(route, seconds=LONG_SECONDS) for route in routes]


async def _connect(*args: Any, **named: Any) -> postgres.Database:
    return await postgres.connect(*args, **{**named, "command_seconds": LONG_SECONDS})


LONG_LIMITS: TimeLimits = (
    *time_limits.LONG_LIMITS,
    *((module, name, LONG_SECONDS) for module, name in SHORT_LIMITS),
    (public, "PageTable", lambda routes: PageTable(_slow(routes))),
    (public, "RouteTable", lambda routes: RouteTable(_slow(routes))),
    (public_reads, "RouteTable", lambda routes: RouteTable(_slow(routes))),
    (service, "connect", _connect),
)
PRODUCT_LIMITS = of_the_product(LONG_LIMITS)

# The least that argon2id allows, instead of a fifth of a second of processor time.
LEAST_WORK = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)


def set_long_limits(patch: pytest.MonkeyPatch) -> None:
    """Give gateways that start and run from now on long time limits and quick password hashes."""
    patch.setattr(passwords, "PasswordHasher", LEAST_WORK)
    set_limits(patch, LONG_LIMITS)


def set_product_limits(patch: pytest.MonkeyPatch) -> None:
    """Give them the time limits of production again."""
    set_limits(patch, PRODUCT_LIMITS)
