"""The commands of `linktime` with their options."""

from collections.abc import Iterator

import click


def commands_of(group: click.Group) -> dict[str, click.Command]:
    """Return the commands of a group, which imports them when it is asked for one."""
    context = click.Context(group)
    names = group.list_commands(context)
    return {name: one for name in names if (one := group.get_command(context, name))}


def commands(group: click.Group, names: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Yield each command in `--help`, with its options."""
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        elif not command.hidden:
            options = [
                o for one in command.params if one.param_type_name == "option" for o in one.opts
            ]
            yield " ".join((*names, name)), {o for o in options if o.startswith("--")}
