"""The command's own settings, read from the environment."""

import click

from linktime_common.settings import InvalidSettings, Settings, load


class WrongSettings(click.ClickException):
    """Ends the command like a wrong option, as JSON where that is asked for."""

    exit_code = 2


def read(kind: type[Settings]) -> Settings:
    """The settings; raises WrongSettings."""
    try:
        return load(kind)
    except InvalidSettings as error:
        raise WrongSettings(str(error)) from error
