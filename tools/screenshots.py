"""Take a picture of each page and state, wide and at 320 px, light and dark, with an index page.

python tools/screenshots.py [folder [scene …]]    (make screenshots)

Starts a stack of its own with a demo host, and Chromium; see tests/web/.
"""

import asyncio
import html
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aiohttp  # noqa: E402
from playwright.async_api import Browser  # noqa: E402
from tests.hosts import make_host  # noqa: E402
from tests.stacks import temporary_stack  # noqa: E402
from tests.web.visitor import PHONE, WIDE, open_visitor, running_browser  # noqa: E402
from tools import web  # noqa: E402
from tools.scenes import Places, free_days, scenes  # noqa: E402

LOOKS = {
    "wide-light": {"viewport": WIDE, "scheme": "light"},
    "wide-dark": {"viewport": WIDE, "scheme": "dark"},
    "phone-light": {"viewport": PHONE, "scheme": "light"},
    "phone-dark": {"viewport": PHONE, "scheme": "dark"},
}


class SceneFailed(Exception):
    """The text names the picture that could not be taken."""


async def take(
    browser: Browser, gateway: str, folder: Path, places: Places, wanted: list[str]
) -> None:
    """Write the pictures of the scenes that are wanted, or of all."""
    days = free_days()
    for name, scene in scenes(places).items():
        if wanted and name not in wanted:
            continue
        for look, looks in LOOKS.items():
            path = f"{scene.path}?date={next(days)}" if scene.dated else scene.path
            visitor = await open_visitor(browser, gateway, path, **{**looks, **scene.settings})
            picture = folder / f"{name}-{look}.png"
            try:
                await scene.steps(visitor, visitor.page)
                await visitor.page.screenshot(path=picture, full_page=scene.is_whole)
            except Exception as error:
                raise SceneFailed(f"{name}, {look}") from error
            await visitor.context.close()


def write_index(folder: Path, failed: str) -> None:
    """Write the page that shows all pictures, and names the one that could not be taken."""
    names = sorted(path.name for path in folder.glob("*.png"))
    figures = "\n".join(
        f'<figure><img src="{html.escape(name)}" loading="lazy" alt="">'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name in names
    )
    style = "body{display:flex;flex-wrap:wrap;gap:1rem}img{max-width:30rem}"
    notice = f"<p>Could not be taken: {html.escape(failed)}</p>" if failed else ""
    head = f"<!doctype html><meta charset=utf-8><title>Pages</title><style>{style}</style>"
    page = head + notice + figures
    (folder / "index.html").write_text(page, "utf-8")


async def run(state: Path, folder: Path, wanted: list[str]) -> None:
    """Start everything, take the pictures, stop everything."""
    async with (
        temporary_stack(state) as stack,
        aiohttp.ClientSession() as http,
        running_browser(state) as browser,
    ):
        places = Places(await make_host(stack, http), await make_host(stack, http))
        await places.prepare()
        await take(browser, stack.file.gateway, folder, places, wanted)


def main(folder: Path, wanted: list[str]) -> None:
    """Take the pictures that are wanted, or all, and write the index."""
    web.build()
    folder.mkdir(parents=True, exist_ok=True)
    failed = ""
    try:
        with tempfile.TemporaryDirectory(prefix="linktime-test-stack-") as state:
            Path(state).chmod(0o711)
            asyncio.run(run(Path(state), folder, wanted))
    except SceneFailed as error:
        failed = str(error)
        raise
    finally:
        write_index(folder, failed)
        print(f"Pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".run/screenshots"
    main(target, sys.argv[2:])
