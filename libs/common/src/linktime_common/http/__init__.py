"""The HTTP layer of every service, on aiohttp."""
