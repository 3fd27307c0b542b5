"""What the fault tests share: restarts without the pauses a person would want."""

from collections.abc import Iterator

import pytest

from linktime_operator.stack import supervisor


@pytest.fixture(scope="session", autouse=True)
def restarts_do_not_slow_down() -> Iterator[None]:
    """Every death counts as the first: these tests kill one service many times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "STEADY_SECONDS", 0.0)
        yield
