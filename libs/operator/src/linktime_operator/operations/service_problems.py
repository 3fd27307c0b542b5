"""What is wrong with services, as sentences."""

from collections.abc import Collection, Iterator, Mapping

from linktime_common.contracts.internal_api.inventory import MOST_ROWS
from linktime_common.contracts.internal_api.service_state import ServiceState
from linktime_common.contracts.wire import format_instant
from linktime_operator.operations import dead_letters
from linktime_operator.operations.probes import CALL_SECONDS, ServiceHealth

OLD_EVENT_SECONDS = 60.0


def service_problems(services: Mapping[str, ServiceHealth]) -> list[str]:
    """Return why services do not work or do not do all of their work."""
    problems = []
    for name, health in services.items():
        if health.missing:
            problems.append(f"{name} is not ready: it waits for its {_missing(health)}.")
        elif not health.ready:
            problems.append(f"{name} does not answer at {health.url}.")
        if health.answers and not health.has_answered:
            problems.append(_few_answered(name, health))
        problems += [f"{name}: {text}." for text in health.problems.values()]
        if health.parked:
            problems.append(
                f"{name} gave up on messages ({_at_least(health.parked, dead_letters.PAGE)}); "
                f"type: linktime dead-letters list --service {name}"
            )
        if health.state is not None:
            problems += _state_problems(name, health, health.state)
    return problems


def refused_key_problems(services: Mapping[str, ServiceHealth], keys: Collection[str]) -> list[str]:
    """Return the services that are ready and answer no request with the operator's key.

    `keys` has the services of which the operator has one.
    """
    return [
        f"{name} is ready, but does not answer this command within {CALL_SECONDS:.0f} s: it is "
        f"slow, has too many requests, or does not accept the operator's key. If its log "
        f"has `identity refused`, restart it with the present key, or give this command the "
        f"service's key in LINKTIME_OPERATOR_KEYS."
        for name, health in services.items()
        if name in keys and health.ready and health.has_answered and health.state is None
    ]


def unanswering(services: Mapping[str, ServiceHealth], keys: Collection[str]) -> list[str]:
    """Return the services of which a process did not answer, or not to the operator."""
    return [
        name
        for name, health in services.items()
        if not health.has_answered or (name in keys and health.state is None)
    ]


def _few_answered(name: str, health: ServiceHealth) -> str:
    pids = ", ".join(map(str, health.silent_pids))
    silent = f"; there was no answer from pid {pids}" if pids else ""
    return (
        f"{health.answered} of {health.processes} processes of {name} answered within "
        f"{CALL_SECONDS:.0f} s{silent}."
    )


def _state_problems(name: str, health: ServiceHealth, state: ServiceState) -> Iterator[str]:
    if state.missing_migrations:
        lacking = ", ".join(state.missing_migrations)
        yield f"The database of {name} lacks {lacking}: run the migrations of {name}."
    if state.unknown_migrations:
        yield (
            f"The database of {name} is of a newer version: it has "
            f"{', '.join(state.unknown_migrations)}."
        )
    if state.oldest_event_seconds > OLD_EVENT_SECONDS:
        yield (
            f"Events of {name} wait to be published ({state.unpublished_events}), "
            f"the oldest for {state.oldest_event_seconds:.0f} s."
        )
    if state.subscriptions == 0 and "consumer" not in health.missing:
        yield (
            f"No process of {name} consumes its queue, in which {state.waiting_messages} "
            "messages wait."
        )
    if state.broker_problem and "broker" not in health.missing:
        yield f"{name} cannot use RabbitMQ: {state.broker_problem}."


def hold_problems(overdue: int | None) -> list[str]:
    """Return that holds are not settled, which is the work of bookings."""
    if not overdue:
        return []
    count = _at_least(overdue, MOST_ROWS)
    return [f"Holds are overdue ({count}): bookings has not settled them for a minute or more."]


def key_warnings(ending: int | None) -> list[str]:
    """Return that API keys end soon."""
    if not ending:
        return []
    return [f"API keys end within 14 days ({_at_least(ending, MOST_ROWS)})."]


def _at_least(count: int, most: int) -> str:
    return f"{count} or more" if count >= most else str(count)


def _missing(health: ServiceHealth) -> str:
    return ", ".join(f"{name}{_in_brackets(health, name)}" for name in health.missing)


def _in_brackets(health: ServiceHealth, name: str) -> str:
    since = health.since.get(name)
    known = [f"since {format_instant(since)}" if since else "", health.reasons.get(name, "")]
    text = ": ".join(filter(None, known))
    return f" ({text})" if text else ""
