"""The command's own settings, read from the environment."""

import click

from linktime_common.settings import InvalidSettings, Settings, load


class WrongSettings(click.ClickException):
    """Exits the command like an invalid option, as JSON with --json."""

    exit_code = 2


def read(kind: type[Settings]) -> Settings:
    """Read the settings; raises WrongSettings."""
    try:
        return load(kind)
    except InvalidSettings as error:
        raise WrongSettings(str(error)) from error
