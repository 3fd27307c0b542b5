"""`make verify-apiserver`: asks a kube-apiserver whether it accepts the manifests, as a dry run.

Broken objects must be refused. deploy/README.md says what this does not prove.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import yaml
from tests.deploy.rendering import EXTERNAL, MISSING, Rendered, copied, render_all
from tests.deploy.schemas import CUSTOM, operators_schemas

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.rabbitmq_binaries import cache_folder
from verification.apiserver import adapting
from verification.apiserver.adapting import Document
from verification.apiserver.broken import BROKEN
from verification.apiserver.building import apiserver
from verification.apiserver.running import Kubectl, running

WIDTH = 34
NOT_PROVEN = (
    "Not proven: other versions of Kubernetes than 1.20, for which API versions were rewritten; "
    "rules in CEL; what controllers, operators and webhooks do."
)


def main() -> int:
    """Return 1 if an object was refused, a broken one was accepted, or nothing was seen."""
    if not shutil.which("kubectl"):
        print(MISSING)
        return 1
    try:
        return asyncio.run(_verify())
    except ServerUnavailable as error:
        print(error)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("Interrupted.")
        return 130


async def _verify() -> int:
    task = asyncio.current_task()
    assert task is not None
    # As Ctrl-C does: it stops what was started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    cache = cache_folder()
    if cache is None or not debian.is_possible():
        raise ServerUnavailable("This needs Debian 12's apt-get and a cache folder: LINKTIME_CACHE")
    etcd = await debian.unpacked("etcd-server", own=("etcd",), cache=cache, progress=_say)
    server = await apiserver(cache, _say)
    with tempfile.TemporaryDirectory(prefix="linktime-rendered-") as folder:
        _say("Rendering the overlays and components …")
        os.environ.update(EXTERNAL)
        rendered = render_all(copied(Path(folder)), Path(folder))
        _say("Starting etcd and kube-apiserver …")
        async with running(etcd / "usr/bin/etcd", server) as kubectl:
            rows = await _rows(kubectl, rendered)
    _say(f"\n{sum(rows)} of {len(rows)} as expected. {NOT_PROVEN}")
    return 0 if all(rows) else 1


async def _rows(kubectl: Kubectl, rendered: Sequence[Rendered]) -> list[bool]:
    await _define(kubectl)
    _say(f"\n{'':<{WIDTH}}  accepted  refused  seconds  not checked")
    rows = [await _overlay(kubectl, one) for one in rendered]
    _say("\nBroken objects:")
    production = next(one for one in rendered if one.name == "production")
    return [*rows, *[one async for one in _broken(kubectl, production)]]


def _definitions() -> list[Document]:
    """Return those in the folder of LINKTIME_CRDS; raises ServerUnavailable if it has none."""
    folder = os.environ.get("LINKTIME_CRDS")
    files = sorted(Path(folder).glob("*.yaml")) if folder else []
    if folder and not files:
        raise ServerUnavailable(f"LINKTIME_CRDS names {folder}, which has no .yaml files.")
    found = [yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader) for path in files]
    return [adapting.definition(one) for each in found for one in each]


async def _define(kubectl: Kubectl) -> None:
    """Create the CustomResourceDefinitions."""
    if definitions := _definitions():
        await _create(kubectl, definitions)
        # Until a kind is described, unknown fields of it are accepted.
        await kubectl.described({one["spec"]["names"]["kind"] for one in definitions})


async def _create(kubectl: Kubectl, documents: Sequence[Document]) -> None:
    accepted, said = await kubectl.apply(documents, dry_run=False)
    if accepted != len(documents):
        raise ServerUnavailable(said)


def _is_known(one: Document) -> bool:
    """Return whether the server must know the kind; it refuses misspelt ones of Kubernetes."""
    return one["kind"] not in CUSTOM or (one["apiVersion"], one["kind"]) in operators_schemas()


async def _overlay(kubectl: Kubectl, rendered: Rendered) -> bool:
    """Print a row, and what is said about each refused object."""
    began = time.monotonic()
    known = [adapting.manifest(one) for one in rendered.documents if _is_known(one)]
    others = sorted({one["kind"] for one in rendered.documents if not _is_known(one)})
    # Everything else is refused while its namespace does not exist.
    await _create(kubectl, [one for one in known if one["kind"] == "Namespace"])
    refused = await refusals(kubectl, known)
    accepted, seconds = len(known) - len(refused), time.monotonic() - began
    row = f"{accepted:>8}  {len(refused):>7}  {seconds:>7.1f}  {', '.join(others)}"
    _say("\n  ".join([f"{rendered.name:<{WIDTH}}  {row}", *refused]))
    return accepted > 0 and not refused


async def refusals(kubectl: Kubectl, documents: Sequence[Document]) -> list[str]:
    """Return what is said about each refused object.

    A list is halved until it has one, because some sentences do not name the object that they are
    about, and some end the whole list.
    """
    accepted, said = await kubectl.apply(documents, dry_run=True)
    if accepted == len(documents):
        return []
    if len(documents) == 1:
        return [f"{documents[0]['kind']} {documents[0]['metadata']['name']}: {said}"]
    half = len(documents) // 2
    parts = documents[:half], documents[half:]
    return [line for part in parts for line in await refusals(kubectl, part)] or [said]


async def _broken(kubectl: Kubectl, production: Rendered) -> AsyncIterator[bool]:
    """Print what is said about each; a kind without a definition is not tried."""
    for what, (kind, change, expected) in BROKEN.items():
        document = next(one for one in production.documents if one["kind"] == kind)
        if not _is_known(document):
            _say(f"{what:<{WIDTH}}  not tried, no definition in LINKTIME_CRDS")
            continue
        made = adapting.manifest(document)
        change(made)
        accepted, said = await kubectl.apply([made], dry_run=True)
        reason = "refused" if expected in said else "REFUSED FOR ANOTHER REASON"
        _say(f"{what:<{WIDTH}}  {'ACCEPTED' if accepted else reason}: {said}")
        yield accepted == 0 and expected in said


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
