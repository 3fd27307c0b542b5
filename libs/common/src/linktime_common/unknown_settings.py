"""Variables with a service's prefix that are no settings of it: most are misspelled."""

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic_settings import BaseSettings

from linktime_common.settings import SECRETS, variable_of

# Kubernetes sets GATEWAY_SERVICE_HOST, GATEWAY_SERVICE_PORT_PUBLIC, GATEWAY_PORT_8080_TCP_ADDR, …
# for a Service `gateway`, unless a pod has `enableServiceLinks: false`.
_SERVICE_HOST = "_SERVICE_HOST"
_OF_KUBERNETES = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


@dataclass(frozen=True)
class UnknownSetting:
    """A variable, and the setting with the most similar name, if there is one."""

    name: str
    nearest: str | None

    def __str__(self) -> str:
        advice = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.name} is no setting and has no effect{advice}"


def unknown_settings(kind: type[BaseSettings]) -> list[UnknownSetting]:
    """Return what the environment, and the folder of LINKTIME_SECRETS, have besides settings."""
    known = {variable_of(kind, name) for name in kind.model_fields}
    return unknown_variables(kind.model_config.get("env_prefix", ""), known)


def unknown_variables(prefix: str, known: Collection[str]) -> list[UnknownSetting]:
    """Return what the environment, and the folder of LINKTIME_SECRETS, have besides `known`."""
    given = {*os.environ, *_files()}
    # Names of settings are read in capitals and in small letters.
    unknown = [
        name
        for name in sorted(given)
        if name.upper().startswith(prefix)
        and name.upper() not in known
        and not _is_of_kubernetes(name, given)
    ]
    return [UnknownSetting(name, _nearest(name.upper(), prefix, known)) for name in unknown]


def _files() -> list[str]:
    folder = Path(os.environ.get(SECRETS) or os.devnull)
    # A LINKTIME_SECRETS that names no folder is refused where the settings are read.
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _is_of_kubernetes(name: str, given: Iterable[str]) -> bool:
    """Whether it is one of a Service; its `…_PORT` alone could be a setting."""
    return _OF_KUBERNETES.fullmatch(name) is not None or (
        name.endswith("_PORT") and name.removesuffix("_PORT") + _SERVICE_HOST in given
    )


def _nearest(name: str, prefix: str, known: Iterable[str]) -> str | None:
    """Return the most similar name; the prefix, which all have, does not count."""
    own = [one.removeprefix(prefix) for one in known if one.startswith(prefix)]
    found = get_close_matches(name.removeprefix(prefix), sorted(own), n=1)
    return f"{prefix}{found[0]}" if found else None
