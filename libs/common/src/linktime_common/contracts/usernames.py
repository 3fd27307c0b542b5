"""Names that no username may be: the gateway's own paths begin with them."""

RESERVED_USERNAMES = frozenset(
    {
        "account",
        "admin",
        "api",
        "app",
        "assets",
        "asyncapi",
        "bookings",
        "brand",
        "dashboard",
        "docs",
        "embed",
        "favicon",
        "feeds",
        "healthz",
        "help",
        "internal",
        "login",
        "logout",
        "manage",
        "metrics",
        "openapi",
        "openapi-dashboard",
        "opt-out",
        "public",
        "readyz",
        "robots",
        "settings",
        "signup",
        "sitemap",
        "static",
        "well-known",
    }
)
"""First parts of paths on the public origin and below /api/public, where usernames appear too."""
