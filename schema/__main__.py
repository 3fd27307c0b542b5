"""`python -m schema lint | verify [RELEASE] | latest | apply`: the checks of migrations.

`latest` prints the tag of the newest release.

`apply` is for the tests of an older release: it migrates the database in `LINKTIME_SCHEMA_DSN`.
"""

import asyncio
import os
import sys

from linktime_common.migrate import MigrationSource, migrate, sources_of
from schema import lint, verify


def main() -> int:
    """Run what the command line names; returns the exit code."""
    match sys.argv[1:]:
        case ["lint"]:
            return lint.main()
        case ["verify"]:
            return verify.main(verify.latest_release())
        case ["verify", release]:
            return verify.main(release)
        case ["latest"]:
            print(verify.latest_release())
            return 0
        case ["apply", *names]:
            asyncio.run(migrate(os.environ["LINKTIME_SCHEMA_DSN"], *_sources(names)))
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def _sources(names: list[str]) -> tuple[MigrationSource, ...]:
    """Return the sources; for a service, also those that it did not have in the older release."""
    last = MigrationSource(*names[-1].split("/", 1))
    service = last.package.removeprefix("linktime_")
    if service != "common":
        return sources_of(service)
    return tuple(MigrationSource(*name.split("/", 1)) for name in names)


if __name__ == "__main__":
    sys.exit(main())
