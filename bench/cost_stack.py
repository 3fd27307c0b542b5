"""Run the stack of one source tree until standard input closes; started by `bench.cost`.

`python bench/cost_stack.py FOLDER` with the tree's packages first in PYTHONPATH. The same file runs
with every tree, so it imports nothing from this one.
"""

import asyncio
import os
import sys
from pathlib import Path

from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack

LIMITS = ("API_KEY", "FAILED_CHECKS", "PUBLIC_BOOKINGS", "PUBLIC_READS", "SCIM", "SESSION")


async def run(folder: Path) -> None:
    """Start, write stack.json, stop."""
    # Services inherit only a few environment variables, which do not include PYTHONPATH.
    environment = {name: {"PYTHONPATH": os.environ["PYTHONPATH"]} for name in SERVICES}
    environment["gateway"] |= {f"GATEWAY_LIMIT_{name}": "100000/minute" for name in LIMITS}
    async with Stack(folder, StackSettings(port=None), environment=environment):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
