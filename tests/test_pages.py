"""Links, paths, commands, targets, settings and code names in the Markdown pages exist."""

import fnmatch
import importlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from libs.operator.tests.command_names import commands_of

from linktime_operator.cli import linktime
from linktime_operator.known_settings import KNOWN
from linktime_operator.stack.services import SERVICES
from tests.pages import PAGES, ROOT

# The changelog also names removed things.
CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]
EXTENSIONS = "py|md|sql|toml|yml|sh|txt|json|lock|mjs|html|css"
FILE = re.compile(rf"^(?:[\w.…<>*-]+/)*[\w.<>*-]+\.(?:{EXTENSIONS})$|^(?:[\w.-]+/)+$")
SETTING = re.compile(rf"^(?:LINKTIME|{'|'.join(map(str.upper, SERVICES))}|<SERVICE>)_[A-Z_<>]+")
IDENTIFIER = re.compile(r"^_?[A-Za-z]\w*(?:\.\w+)*$")
MADE_LATER = {
    ".run/",
    ".venv/",
    ".run/stack.json",
    ".env",
    "docker-compose.override.yml",
    "userlist.txt",
    "deploy/compose/secrets/",
    "logs/<service>.log",
    ".run/logs/<service>.log",
    "calendar/",
    "limit-store/",
    "mail/",
    "mail/messages/",
    "ports.json",
    "postgresql/",
    "rabbitmq/",
    "secrets/",
    "stack.json",
    "sbom/<service>.cdx.json",
}
"""Files and folders of a running LinkTime."""

WORDS_OF_OTHERS = {
    *("log_error_verbosity", "log_min_error_statement", "log_statement", "log_destination"),
    *("log_min_duration_statement", "log_parameter_max_length_on_error", "csvlog", "jsonlog"),
    *("_dmarc", "getaddrinfo", "hashlib", "http_302", "keepalive", "limit_req", "model_construct"),
    *("pg_stat_statements", "schedstat", "scrypt"),
    *("default_pool_size", "max_prepared_statements"),
    *("OOMKilled", "ulimits", "wait_event_type"),
    *("externalTrafficPolicy", "forwardedHeaders", "insecure", "letsencrypt", "set_real_ip_from"),
    "websecure",
    *("OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_HEADERS"),
    *("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_RESOURCE_ATTRIBUTES"),
    *("excludedAttributes", "invalidFilter", "invalidPath", "invalidSyntax", "invalidValue"),
    *("mutability", "nickName", "noTarget", "phoneNumbers", "profileUrl"),
    *("userType", "x509Certificates"),
}
"""Names of PostgreSQL, of other programs and libraries, and of SCIM."""


@cache
def files() -> frozenset[str]:
    """Return the files of the checkout and their folders, without generated ones."""
    found: set[str] = set()
    for folder, below, names in os.walk(ROOT):
        below[:] = [
            one for one in below if not one.startswith((".", "__")) and one != "node_modules"
        ]
        where = Path(folder).relative_to(ROOT)
        found |= {str(where / name) for name in names} | {f"{where / one}/" for one in below}
    return frozenset(found)


@cache
def words() -> frozenset[str]:
    """Return every word of the repository's files except the pages and the tests."""
    kinds = {".py", ".sql", ".json", ".toml", ".yml", ".yaml", ".mjs", ".js", ""}
    texts = (
        (ROOT / name).read_text("utf-8", errors="replace")
        for name in files()
        if Path(name).suffix in kinds
        and "tests" not in Path(name).parts
        and (ROOT / name).is_file()
    )
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def prose(page: Path) -> str:
    """Return the page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def spans(page: Path) -> list[str]:
    """Return the texts in backticks."""
    return [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose(page))]


def shell_lines(page: Path) -> str:
    text = page.read_text("utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading in it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def exists(named: str, page: Path) -> bool:
    """Whether the path exists in the root, the page's folder, a service or a library."""
    pattern = re.sub(r"<[^>]+>|…", "*", named)
    inside = name_of(page.parent) + "/" if page.parent.parent.name == "services" else ""
    here = [f"{inside}src/*/{pattern}", f"{inside}{pattern}"]
    shared = [pattern, f"libs/*/src/*/{pattern}", f"libs/*/src/{pattern}", f"libs/*/{pattern}"]
    own = [] if inside else [f"services/*/src/*/{pattern}", f"services/*/src/{pattern}"]
    more = [f"{name_of(page.parent)}/{pattern}", f"services/*/{pattern}", f"deploy/{pattern}"]
    patterns = [*here, *shared, *own, *more]
    return any(fnmatch.filter(files(), one) for one in patterns)


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_paths_exist(page: Path) -> None:
    """Files and folders in backticks; `<…>` is any name."""
    named = {one for one in spans(page) if FILE.match(one) and "://" not in one}
    assert sorted(one for one in named - MADE_LATER if not exists(one, page)) == []


def typed(page: Path) -> Iterator[str]:
    """Yield the arguments of `linktime` in spans and in shell blocks."""
    for one in spans(page):
        if one.startswith("linktime "):
            yield one.removeprefix("linktime ")
    text = shell_lines(page).replace("\\\n", " ")
    yield from re.findall(r"(?:^|/|-- )linktime ([a-z][^\n|]*)", text, re.MULTILINE)


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_commands_exist(page: Path) -> None:
    """Each `linktime …`, with the options that follow it."""
    for line in typed(page):
        command: click.Command = linktime
        for word in line.split():
            if not isinstance(command, click.Group):
                break
            known = commands_of(command)
            assert word in known, f"linktime {line}"
            command = known[word]
        options = {option for one in command.params for option in one.opts} | {"--help"}
        used = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", line))
        assert used <= options, f"linktime {line}"


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    """In spans and in shell blocks."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "\n".join([*spans(page), shell_lines(page)])
    assert set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)) <= targets


@cache
def settings() -> frozenset[str]:
    """Return every variable that a service, the launcher or the command reads."""
    found = {*KNOWN, "LINKTIME_<SERVICE>_PORT"}
    found |= {"LINKTIME_<SERVICE>_INTERNAL_URL", "GATEWAY_<SERVICE>_URL"}
    for service in SERVICES:
        module = importlib.import_module(f"linktime_{service}.settings")
        fields = getattr(module, f"{service.title()}Settings").model_fields
        found |= {
            f"{prefix}_{name.upper()}"
            for name in fields
            for prefix in (service.upper(), "<SERVICE>")
        }
    return frozenset(found)


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_settings_exist(page: Path) -> None:
    """By their full names; `BOOKINGS_PORT` and `LINKTIME_STATE` alike."""
    named = {found[0] for one in spans(page) if (found := SETTING.match(one))}
    named = {name for name in named if not name.endswith(("_<", "_"))}
    assert sorted(named - settings()) == []


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_names_of_code_exist(page: Path) -> None:
    """Identifiers, also with dots, are words of the code; our modules can be imported."""
    unknown = []
    for one in set(spans(page)):
        name = one.removesuffix("()")
        if name.startswith("linktime_"):  # the exposed name of a counter
            name = name.removesuffix("_total")
        if not IDENTIFIER.match(name) or FILE.match(one) or SETTING.match(one):
            continue
        parts = set(name.split("."))
        if not parts - WORDS_OF_OTHERS <= words():
            unknown.append(one)
    assert sorted(unknown) == []
