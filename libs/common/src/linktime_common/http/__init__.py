"""The HTTP side of every service, on aiohttp."""
