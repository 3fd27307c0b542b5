"""Budgets of what the booking page loads, in bytes as they are sent."""

import json
import re
from pathlib import Path
from typing import Any

from tests.hosts import Host

SCRIPT, STYLE, PAGE, EMBED = 12_000, 5_000, 25_000, 5_000
SHELL = {"Accept": "text/html", "Accept-Encoding": "br, gzip"}


def scripts(manifest: dict[str, Any], name: str) -> set[str]:
    """Return the files of an entry and of all that it imports at once."""
    chunk = manifest[name]
    return {chunk["file"]}.union(*(scripts(manifest, one) for one in chunk.get("imports", ())))


def sent(built: Path, file: str) -> int:
    return (built / f"{file}.br").stat().st_size


async def test_the_booking_page_is_small(built: Path, host: Host, http: Any) -> None:
    """Its script, its style sheet and the cold page with a month of slots."""
    manifest = json.loads((built / "manifest.json").read_text())
    script = sum(sent(built, file) for file in scripts(manifest, "src/booking/main.tsx"))
    style = sent(built, manifest["style.css"]["file"])
    url = f"{host.stack.file.gateway}/{host.username}/{host.event_type}"
    async with http.get(url, headers=SHELL, auto_decompress=False) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        shell = int(answer.headers["Content-Length"])
    print(f"script {script}, style {style}, shell {shell}")
    assert script <= SCRIPT
    assert style <= STYLE
    assert script + style + shell <= PAGE


async def test_the_script_of_other_sites_is_small(built: Path, host: Host, http: Any) -> None:
    """It is one file that needs no other."""
    url = f"{host.stack.file.gateway}/embed.js"
    async with http.get(url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        size = int(answer.headers["Content-Length"])
    print(f"embed.js {size}")
    assert size <= EMBED
    assert not re.search(r"\bimport\b|\bexport\b", (built / "embed.js").read_text())
