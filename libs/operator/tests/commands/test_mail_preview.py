"""`linktime mail preview`: mails of each kind, without a running stack."""

import json
from pathlib import Path

import pytest
from libs.operator.tests.launched import Launcher

from linktime_operator.errors import OperatorError
from linktime_operator.operations import mail

GOLDEN = Path(__file__).parents[4] / "services" / "bookings" / "tests" / "mail" / "golden"


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    """Return one that never starts anything."""
    return Launcher(tmp_path)


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ([], "en/confirmation.txt"),
        (["--locale", "de"], "de/confirmation.txt"),
        (["--locale", "de-AT"], "de/confirmation.txt"),
        (["--locale", "ar", "--html"], "ar/confirmation.html"),
        (["--ics"], "en/confirmation.ics"),
    ],
)
async def test_a_mail_is_shown(launcher: Launcher, options: list[str], file: str) -> None:
    """Text by default, in English by default."""
    shown = await launcher.command("mail", "preview", "confirmation", *options)
    assert shown.status == 0, shown.error
    assert shown.output.encode() == (GOLDEN / file).read_bytes().replace(b"\r\n", b"\n")


async def test_json_has_the_part(launcher: Launcher) -> None:
    """As one string, with what was chosen."""
    shown = await launcher.command("mail", "preview", "confirmation", "--ics", "--json")
    assert shown.json == {
        "kind": "confirmation",
        "locale": "en",
        "part": "ics",
        "content": (GOLDEN / "en/confirmation.ics").read_bytes().decode(),
    }
    refused = await launcher.command("mail", "preview", "party", "--json")
    assert refused.status == 2
    refusal = json.loads(refused.error)
    assert refusal["error"].startswith("There is no such kind of mail.")
    assert refusal["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["party"], "There is no such kind of mail. The kinds are confirmation, "),
        (["--", "--part=html"], "There is no such kind of mail."),
        (["reminder", "--locale", "tlh"], "There is no such language. The languages are ar, de, "),
        (["reminder", "--ics"], "A mail of the kind reminder has no calendar file."),
        (["reminder", "--html", "--ics"], "Give only one of --text, --html and --ics."),
    ],
)
async def test_what_there_is_not_is_explained(
    launcher: Launcher, arguments: list[str], expected: str
) -> None:
    """In one sentence, with what there is."""
    refused = await launcher.command("mail", "preview", *arguments)
    assert refused.status == 2
    assert refused.output == ""
    assert expected in refused.error
    assert "Traceback" not in refused.error


async def test_without_the_bookings_service_it_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The image of the command has no services."""
    monkeypatch.setattr(mail, "BOOKINGS", "linktime_bookings_that_is_not_installed")
    with pytest.raises(OperatorError, match="which is not installed here"):
        await mail.previewed("reminder", "en", "text")
