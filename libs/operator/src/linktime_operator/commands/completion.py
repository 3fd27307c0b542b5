"""`linktime completion …`"""

import click
from click.shell_completion import get_completion_class

from linktime_operator.commands.base import json_option
from linktime_operator.errors import OperatorError
from linktime_operator.output import show, show_lines

PROGRAM = "linktime"
VARIABLE = "_LINKTIME_COMPLETE"
"""click's own: with it set, the command prints completions."""

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the script with which a shell completes commands.")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@json_option
def completion(shell: str, as_json: bool) -> None:
    """Print the script with which bash, zsh or fish completes commands and options.

    \b
    bash, in ~/.bashrc:  eval "$(linktime completion bash)"
    zsh, in ~/.zshrc:    eval "$(linktime completion zsh)"
    fish:                linktime completion fish > ~/.config/fish/completions/linktime.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise OperatorError(f"The installed version of click has no completion for {shell}.")
    script = kind(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source()
    if as_json:
        show({"shell": shell, "script": script}, as_json=True)
    else:
        show_lines(script)
