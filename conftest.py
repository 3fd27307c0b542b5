"""Makes the shared fixtures known to every test of the repository."""

pytest_plugins = ["linktime_local.testing.plugin"]
