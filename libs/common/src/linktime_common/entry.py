"""The command line of a service: `python -m linktime_bookings serve|work|all|migrate|check`.

`migrate` migrates the database and exits, `check` only validates the settings. Both need a small
part of the service, so the imports that take most of a start come after the choice.
"""

import gc
import sys
from importlib import import_module

from linktime_common.settings import ServiceSettings, read


def main(name: str, settings: type[ServiceSettings]) -> None:
    """Run what the command line names, with the settings from the environment."""
    # What imports make stays: searching it for garbage takes a tenth of a start.
    gc.disable()
    match sys.argv[1:]:
        case ["check"]:
            read(settings)
        case ["migrate"]:
            from linktime_common.migrate import run  # noqa: PLC0415 - see above

            gc.enable()
            run(name, read(settings))
        case _:
            from linktime_common import process  # noqa: PLC0415 - see above

            service = import_module(f"linktime_{name}.app").SERVICE
            gc.enable()
            process.main(service)
