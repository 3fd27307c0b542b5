"""The command's own settings, read from the environment."""

from linktime_common.settings import InvalidSettings, Settings, load
from linktime_operator.errors import WrongSettings


def read(kind: type[Settings]) -> Settings:
    """Read the settings; raises WrongSettings."""
    try:
        return load(kind)
    except InvalidSettings as error:
        raise WrongSettings(str(error)) from error
