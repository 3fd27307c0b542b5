"""How tests open the guarded client."""

import contextlib
from collections.abc import Callable
from ipaddress import ip_network

from linktime_common.egress.client import GuardedClient

LOOPBACK = (ip_network("127.0.0.0/8"),)

Open = Callable[..., contextlib.AbstractAsyncContextManager[GuardedClient]]
