"""An upgrade from the previous version under traffic, and upgrades that must be refused."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from linktime_operator.stack.services import SERVICES
from verification.checkouts import CheckFailed, Checkout
from verification.images import NAMES
from verification.traffic import OK, Api, Traffic, make_host

SETTING = "GATEWAY_LIMIT_API_KEY=1000000/minute"
SECRETS, SETTINGS = "deploy/compose/secrets", "deploy/compose/settings"
UPGRADE = "deploy/compose/upgrade"


def install_older(old: Checkout) -> Api:
    """Install the previous version, and make a host."""
    (old.folder / SETTINGS / "gateway.env").write_text(SETTING + "\n")
    old.run("deploy/compose/install")
    return make_host(old)


def check_out(old: Checkout, now: Checkout) -> None:
    """Let the new tree have what is not checked in, as `git checkout` does."""
    for name in (SECRETS, SETTINGS):
        shutil.rmtree(now.folder / name)
        shutil.copytree(old.folder / name, now.folder / name)


def upgrade(old: Checkout, now: Checkout) -> str:
    """Upgrade under traffic; raises CheckFailed if a booking is lost or an old container stays."""
    api = install_older(old)
    check_out(old, now)
    with Traffic(api) as traffic:
        refuse_wrong_settings(now, api)
        before = len(traffic.failures)
        stop_in_the_middle(now, api)
        now.run(UPGRADE)
        failed = traffic.failures[before:]
    for name in SERVICES:
        _check_version(now, name)
    if SETTING not in (now.folder / SETTINGS / "gateway.env").read_text():
        raise CheckFailed(f"the hand-made {SETTING} is not in {SETTINGS}/gateway.env")
    refuse_older(now)
    return f"{traffic.compare()}; failed during the upgrade: {len(failed)} {failed[:3]}"


def refuse_wrong_settings(now: Checkout, api: Api) -> None:
    """A setting that the new version does not accept stops the upgrade before anything changes."""
    with setting(now, "webhooks", "WEBHOOKS_LOG_LEVEL=LOUD"):
        _refused(now, "WEBHOOKS_LOG_LEVEL")
    _answers(api)


def stop_in_the_middle(now: Checkout, api: Api) -> None:
    """A container that ends at once stops the upgrade; the old one answers."""
    with setting(now, "contacts", "CONTACTS_HOST=203.0.113.9"):  # an address of no machine
        _refused(now, "contacts did not become healthy")
    _answers(api)
    other = Checkout(now.folder, now.log, now.port, version="verification-other")
    _refused(other, "was interrupted")


def refuse_older(now: Checkout) -> None:
    """A database of a newer version stops the upgrade."""
    row = "('linktime_contacts/migrations', '9999_newer.sql', '')"
    sql = f"INSERT INTO schema_migrations VALUES {row}"
    change = "docker compose exec -T postgres psql -U postgres -d linktime_contacts -c "
    now.run(f'{change} "{sql}"')
    _refused(now, "migrated by a newer version")
    now.run(f"{change} \"DELETE FROM schema_migrations WHERE name = '9999_newer.sql'\"")


@contextmanager
def setting(checkout: Checkout, service: str, line: str) -> Iterator[None]:
    """Add a line to the settings of a service for a while."""
    path = checkout.folder / SETTINGS / f"{service}.env"
    before = path.read_text() if path.exists() else ""
    path.write_text(before + line + "\n")
    try:
        yield
    finally:
        path.write_text(before)


def _refused(checkout: Checkout, reason: str) -> None:
    code, printed = checkout.status(f"{UPGRADE} --no-build")
    if code == 0 or reason not in printed:
        raise CheckFailed(f"status {code}, and {reason!r} was expected in:\n{printed[-1500:]}")


def _answers(api: Api) -> None:
    status, body = api.call("GET", "/me")
    if status != OK:
        raise CheckFailed(f"the old version answers {status}: {body}")


def _check_version(now: Checkout, name: str) -> None:
    shown = now.run(
        f"docker inspect --format '{{{{.Config.Image}}}}' {now.container(name)}"
    ).strip()
    if shown != f"linktime/{name}:{now.version}" or name not in NAMES:
        raise CheckFailed(f"{name} runs {shown} after the upgrade to {now.version}")
