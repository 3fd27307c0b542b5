"""The steps of `make verify-containers`, and for each a broken input that it must find."""

from collections.abc import Callable
from dataclasses import dataclass

from verification.checkouts import PROJECT, CheckFailed, Checkout
from verification.guide import follow
from verification.harm import kill, kill_each, restarts, wait_until_back
from verification.images import NAMES, check_image
from verification.replicas import STORE_SETTING, count_together, has_store
from verification.traffic import Api, Traffic, make_host
from verification.upgrading import SETTING, SETTINGS, setting, upgrade

BASE = "python:3.13-slim-trixie"
KINDS = ("ps --all", "volume ls", "network ls")
BACKUP, RESTORE = "deploy/compose/backup", "deploy/compose/restore"


@dataclass
class Trial:
    """What the steps share. `old` is the previous version, if there is one."""

    now: Checkout
    old: Checkout | None
    api: Api | None = None


@dataclass(frozen=True)
class Step:
    """`run` returns what it found; `broken` must raise CheckFailed."""

    name: str
    run: Callable[[Trial], str]
    broken: Callable[[Trial], object]


def images(trial: Trial) -> str:
    trial.now.run("deploy/images")
    sizes = {name: check_image(trial.now, name) for name in NAMES}
    return "packages: " + ", ".join(f"{name} {count}" for name, count in sizes.items())


def images_broken(trial: Trial) -> None:
    """An image without labels and with pip."""
    bare = Checkout(trial.now.folder, trial.now.log, trial.now.port, version="verification-broken")
    bare.run(f"docker tag {BASE} linktime/bookings:{bare.version}")
    check_image(bare, "bookings")


def install(trial: Trial) -> str:
    (trial.now.folder / SETTINGS / "gateway.env").write_text(SETTING + "\n")
    trial.now.run("deploy/compose/install")
    states = trial.now.run("docker compose ps --format '{{.Service}} {{.Health}}'").splitlines()
    unhealthy = [line for line in states if not line.endswith(" healthy")]
    if unhealthy or not states:
        raise CheckFailed(f"after the start: {unhealthy or 'no containers'}")
    return f"{len(states)} containers healthy"


def install_broken(trial: Trial) -> None:
    """A setting that bookings does not accept."""
    try:
        with setting(trial.now, "bookings", "BOOKINGS_LOG_LEVEL=LOUD"):
            trial.now.run("deploy/compose/install")
    finally:
        trial.now.run("docker compose down -v")


def readme(trial: Trial) -> str:
    return follow(trial.now)


def readme_broken(trial: Trial) -> None:
    """A command that does not exist."""
    path = trial.now.folder / "deploy/README.md"
    text = path.read_text()
    path.write_text(text.replace("operator user create", "operator user make"))
    try:
        follow(trial.now)
    finally:
        path.write_text(text)


def recovery(trial: Trial) -> str:
    trial.api = make_host(trial.now)
    return kill_each(trial.now, trial.api)


def recovery_broken(trial: Trial) -> None:
    """A container that is not started again, and a booking that is not there."""
    container = trial.now.container("contacts")
    trial.now.run(f"docker update --restart no {container}")
    before = restarts(trial.now, container)
    kill(trial.now, container)
    try:
        wait_until_back(trial.now, container, before, within=5)
    except CheckFailed:
        trial.now.run(f"docker update --restart unless-stopped {container}")
        trial.now.run("docker compose up -d --wait")
        if trial.api is not None:
            Traffic(trial.api, booked={"00000000-0000-0000-0000-000000000000": ""}).compare()


def replicas(trial: Trial) -> str:
    if not has_store(trial.now):
        return "left out: the compose file has no store of limits"
    return count_together(trial.now)


def replicas_broken(trial: Trial) -> None:
    """A second gateway that counts for itself."""
    count_together(trial.now, options=f"-e {STORE_SETTING}=valkey://nowhere:6379")


def backup(trial: Trial) -> str:
    if trial.api is None or not (trial.now.folder / BACKUP).exists():
        return "left out: there is no deploy/compose/backup"
    with Traffic(trial.api) as traffic:
        trial.now.run("sleep 5")
    trial.now.run(f"{BACKUP} backup")
    trial.now.run("docker compose down -v")
    trial.now.run(f"{RESTORE} backup")
    return traffic.compare()


def backup_broken(trial: Trial) -> None:
    """A folder that is no backup."""
    trial.now.run(f"{RESTORE} docs")


def replaced(trial: Trial) -> str:
    if trial.old is None:
        return "left out: there is no previous version; PREVIOUS=<commit> names one"
    trial.now.run("docker compose down -v")
    return upgrade(trial.old, trial.now)


def replaced_broken(trial: Trial) -> None:
    """An upgrade of nothing. What else it refuses is tried within the step."""
    other = Checkout(
        trial.now.folder,
        trial.now.log,
        trial.now.port,
        more={"COMPOSE_PROJECT_NAME": "linktime-none"},
    )
    other.run("deploy/compose/upgrade --no-build")


def removal(trial: Trial) -> str:
    trial.now.run("docker compose --profile tools down -v --remove-orphans")
    left = leftovers(trial.now)
    if left:
        raise CheckFailed(f"`docker compose down -v` left: {left}")
    return "nothing is left"


def removal_broken(trial: Trial) -> None:
    """A volume that is left."""
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


STEPS = (
    Step("images", images, images_broken),
    Step("install", install, install_broken),
    Step("readme", readme, readme_broken),
    Step("recovery", recovery, recovery_broken),
    Step("replicas", replicas, replicas_broken),
    Step("backup", backup, backup_broken),
    Step("upgrade", replaced, replaced_broken),
    Step("removal", removal, removal_broken),
)
BROKEN_FIRST = ("install",)
"""The broken input of these is tried before: afterwards there is something to keep."""
