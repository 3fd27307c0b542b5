"""The steps of `make verify-containers`, and for each broken inputs that it must find."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

from verification.checkouts import PROJECT, CheckFailed, Checkout
from verification.edge import BACKEND, EDGE, check_client, check_health
from verification.guide import follow, make_first_user
from verification.harm import kill, kill_each, restarts, wait_until_back, wait_until_healthy
from verification.images import BROKEN_IMAGES, NAMES, check_image
from verification.replicas import STORE_SETTING, count_together
from verification.traffic import Api, Traffic, make_host
from verification.upgrading import SETTING, SETTINGS, setting, upgrade

KINDS = ("ps --all", "volume ls", "network ls")
BACKUP, RESTORE = "deploy/compose/backup", "deploy/compose/restore"
TRAFFIC_SECONDS = 5.0


@dataclass
class Trial:
    """What the steps share. `old` is the previous version, if there is one."""

    now: Checkout
    old: Checkout | None

    @cached_property
    def api(self) -> Api:
        """The API with the key of a host, who is made when the first step needs one."""
        return make_host(self.now)


@dataclass(frozen=True)
class Broken:
    """A step whose input is wrong in one way: `run` must raise CheckFailed, which says `found`."""

    what: str
    run: Callable[[Trial], object]
    found: str


@dataclass(frozen=True)
class Step:
    """`run` returns what it found, or raises CheckFailed."""

    name: str
    run: Callable[[Trial], str]
    broken: tuple[Broken, ...]
    needs: tuple[str, ...] = ()
    broken_first: bool = False
    """After the step there is something to keep."""


def images(trial: Trial) -> str:
    trial.now.run("deploy/images")
    sizes = {name: check_image(trial.now, name) for name in NAMES}
    return "packages: " + ", ".join(f"{name} {count}" for name, count in sizes.items())


def broken_image(trial: Trial, lines: str) -> None:
    """Look into the image of bookings after a change."""
    broken = replace(trial.now, version="verification-broken")
    label = f"LABEL org.opencontainers.image.version={broken.version}\n"
    text = f"FROM linktime/bookings:{trial.now.version}\n{label}{lines}\n"
    broken.run(f"docker build --quiet --tag linktime/bookings:{broken.version} -", given=text)
    check_image(broken, "bookings")


def install(trial: Trial) -> str:
    (trial.now.folder / SETTINGS / "gateway.env").write_text(SETTING + "\n")
    trial.now.run("deploy/compose/install")
    states = trial.now.run("docker compose ps --format '{{.Service}} {{.Health}}'").splitlines()
    unhealthy = [line for line in states if not line.endswith(" healthy")]
    if unhealthy or not states:
        raise CheckFailed(f"after the start: {unhealthy or 'no containers'}")
    return f"{len(states)} containers healthy"


def install_with_wrong_setting(trial: Trial) -> None:
    try:
        with setting(trial.now, "bookings", "BOOKINGS_LOG_LEVEL=LOUD"):
            trial.now.run("deploy/compose/install")
    finally:
        trial.now.run("docker compose down -v")


def readme(trial: Trial) -> str:
    return follow(trial.now)


def readme_with_wrong_command(trial: Trial) -> None:
    path = trial.now.folder / "deploy/README.md"
    text = path.read_text()
    path.write_text(text.replace("operator user create", "operator user make"))
    try:
        make_first_user(trial.now)
    finally:
        path.write_text(text)


def edge(trial: Trial) -> str:
    check_health(trial.now)
    check_client(trial.now, "203.0.113.7")
    check_client(trial.now, "203.0.113.8", EDGE)
    return f"/healthz, and the client of a proxy at the published port and of one in {EDGE}"


def health_of_stopped_gateway(trial: Trial) -> None:
    trial.now.run("docker compose pause gateway")
    try:
        check_health(trial.now)
    finally:
        trial.now.run("docker compose unpause gateway")


def client_in_other_network(trial: Trial) -> None:
    check_client(trial.now, "203.0.113.9", BACKEND)


def recovery(trial: Trial) -> str:
    return kill_each(trial.now, trial.api)


def recovery_without_restart(trial: Trial) -> None:
    container = trial.now.container("contacts")
    trial.now.run(f"docker update --restart no {container}")
    before = restarts(trial.now, container)
    kill(trial.now, container)
    try:
        wait_until_back(trial.now, container, before, within=5)
    finally:
        trial.now.run(f"docker update --restart unless-stopped {container}")
        trial.now.run(f"docker start {container}")
        wait_until_healthy(trial.now, container)


def recovery_with_lost_booking(trial: Trial) -> None:
    Traffic(trial.api, booked={"00000000-0000-0000-0000-000000000000": ""}).compare()


def replicas(trial: Trial) -> str:
    return count_together(trial.now)


def replicas_without_store(trial: Trial) -> None:
    count_together(trial.now, options=f"-e {STORE_SETTING}=valkey://nowhere:6379")


def backup(trial: Trial) -> str:
    with Traffic(trial.api) as traffic:
        time.sleep(TRAFFIC_SECONDS)
    trial.now.run(f"{BACKUP} backup")
    trial.now.run("docker compose down -v")
    trial.now.run(f"{RESTORE} backup --reconcile")
    return traffic.compare()


def restore_of_no_backup(trial: Trial) -> None:
    trial.now.run(f"{RESTORE} docs --yes")


def restore_of_damaged_backup(trial: Trial) -> None:
    trial.now.run("cp -r backup damaged && echo >>damaged/bookings.dump")
    trial.now.run(f"{RESTORE} damaged --yes")


def replaced(trial: Trial) -> str:
    if trial.old is None:
        return "left out: there is no previous version; PREVIOUS=<commit> names one"
    trial.now.run("docker compose down -v")
    return upgrade(trial.old, trial.now)


def upgrade_of_nothing(trial: Trial) -> None:
    """What else it refuses is tried within the step."""
    other = replace(trial.now, more={"COMPOSE_PROJECT_NAME": "linktime-none"})
    other.run("deploy/compose/upgrade --no-build")


def removal(trial: Trial) -> str:
    trial.now.run("docker compose --profile tools down -v --remove-orphans")
    left = leftovers(trial.now)
    if left:
        raise CheckFailed(f"`docker compose down -v` left: {left}")
    return "nothing is left"


def removal_with_left_volume(trial: Trial) -> None:
    name = f"{PROJECT}_left"
    label = f"com.docker.compose.project={PROJECT}"
    trial.now.run(f"docker volume create --label {label} {name}")
    try:
        removal(trial)
    finally:
        trial.now.run(f"docker volume rm {name}")


def leftovers(checkout: Checkout, *kinds: str) -> list[str]:
    """Return ids of what the project has on the engine."""
    label = f"--quiet --filter label=com.docker.compose.project={PROJECT}"
    return [
        one for kind in kinds or KINDS for one in checkout.run(f"docker {kind} {label}").split()
    ]


RUNNING = ("images", "install")
STEPS = (
    Step(
        "images",
        images,
        tuple(
            Broken(what, partial(broken_image, lines=lines), found)
            for what, lines, found in BROKEN_IMAGES
        ),
    ),
    Step(
        "install",
        install,
        (
            Broken(
                "a wrong setting of bookings",
                install_with_wrong_setting,
                'service "bookings-migrate" didn\'t complete successfully: exit 2',
            ),
        ),
        needs=("images",),
        broken_first=True,
    ),
    Step(
        "readme",
        readme,
        (Broken("no such command", readme_with_wrong_command, "No such command"),),
        RUNNING,
    ),
    Step(
        "edge",
        edge,
        (
            Broken("a gateway that stands still", health_of_stopped_gateway, "timed out"),
            Broken("a proxy elsewhere", client_in_other_network, "the gateway logs the client as"),
        ),
        RUNNING,
    ),
    Step(
        "recovery",
        recovery,
        (
            Broken("a container that is not started again", recovery_without_restart, "not back"),
            Broken("a booking that is lost", recovery_with_lost_booking, "are lost"),
        ),
        RUNNING,
    ),
    Step(
        "replicas",
        replicas,
        (Broken("a gateway without the store", replicas_without_store, "the other answers 401"),),
        RUNNING,
    ),
    Step(
        "backup",
        backup,
        (
            Broken("a folder that is no backup", restore_of_no_backup, "is no complete backup"),
            Broken("a changed file", restore_of_damaged_backup, "is damaged"),
        ),
        RUNNING,
    ),
    Step(
        "upgrade",
        replaced,
        (Broken("nothing to upgrade", upgrade_of_nothing, "There is nothing to upgrade"),),
        RUNNING,
    ),
    Step(
        "removal",
        removal,
        (Broken("a volume that is left", removal_with_left_volume, "left: "),),
        RUNNING,
    ),
)
