"""The command line of a service: `python -m linktime_bookings serve|work|all|migrate|schema|check`.

`migrate` migrates the database and exits, `schema` shows which migrations differ, `check` only
validates the settings and names variables that are none, and `--version` shows the version. They
need a small part of the service, so the imports that take most of a start come after the choice.
"""

import gc
import sys
from importlib import import_module
from importlib.metadata import version

from linktime_common.settings import ServiceSettings, read
from linktime_common.unknown_settings import unknown_settings


def main(name: str, settings: type[ServiceSettings]) -> None:
    """Run what the command line names, with the settings from the environment."""
    # What imports make stays: searching it for garbage takes a tenth of a start.
    gc.disable()
    match sys.argv[1:]:
        case ["--version"]:
            print(f"linktime-{name} {version(f'linktime-{name}')}")
        case ["check"]:
            read(settings)
            for unknown in unknown_settings(settings):
                print(unknown)
        case ["migrate"]:
            from linktime_common.migrate import run  # noqa: PLC0415 - see above

            gc.enable()
            run(name, read(settings))
        case ["schema"]:
            from linktime_common import schema_check  # noqa: PLC0415 - see above

            gc.enable()
            schema_check.show(name, read(settings))
        case _:
            from linktime_common import process  # noqa: PLC0415 - see above

            service = import_module(f"linktime_{name}.app").SERVICE
            gc.enable()
            process.main(service)
