"""The environment of a private RabbitMQ node's programs."""

import os
import shlex
import shutil
from pathlib import Path

from linktime_common.private_files import write_private
from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK
from linktime_local.servers.rabbitmq_binaries import RabbitMQBinaries
from linktime_local.servers.state import OWNER_ONLY

NODE_NAME = "linktime@localhost"
ERLANG_ARGUMENTS = (
    "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +SDio 2 +sbwt none +sbwtdcpu none "
    "+sbwtdio none"
)
# A process of the node that crashes logs its state, with the bodies of events in it: names, e-mail
# addresses, links. No setting of RabbitMQ leaves them out, so this filter of Erlang's logger does:
# it replaces every long binary, and cuts what was formatted before where a binary begins. A filter
# that fails would be removed, so what it cannot read is not logged.
NO_BODIES = """
Cut = fun(S) -> re:replace(S, "<<.*", "(left out)", [dotall, unicode, {return, list}]) end,
Short = fun
  Short(B) when is_binary(B), byte_size(B) > 64 -> left_out;
  Short(L) when is_list(L) ->
    Text = (catch unicode:characters_to_list(L)),
    case is_list(Text) andalso string:find(Text, "<<") =/= nomatch of
      true -> Cut(Text);
      false -> lists:map(Short, L)
    end;
  Short(T) when is_tuple(T) -> list_to_tuple(lists:map(Short, tuple_to_list(T)));
  Short(M) when is_map(M) -> maps:map(fun(_, V) -> Short(V) end, M);
  Short(X) -> X
end,
logger:add_primary_filter(no_bodies, {fun(#{msg := {Kind, What}} = Line, _) ->
  try
    case Kind of
      string -> Line#{msg := {string, Cut(What)}};
      report -> Line#{msg := {report, Short(What)}};
      _ -> Line#{msg := {Kind, lists:map(Short, What)}}
    end
  catch _:_ -> stop
  end
end, none}).
"""
# Each breaks the configuration, the search path or the disk monitor, which runs `df` in a shell.
BREAKING = frozenset("'\"`#{:\n\r")


def refuse_path(state: Path) -> None:
    """Raises ServerUnavailable for a folder whose name RabbitMQ cannot work with."""
    found = sorted(BREAKING.intersection(str(state)))
    if found:
        raise ServerUnavailable(
            f"RabbitMQ cannot keep its data in {str(state)!r}, whose name contains "
            f"{' '.join(map(repr, found))}: name another folder with LINKTIME_STATE."
        )


def environment(
    state: Path, binaries: RabbitMQBinaries, mapper_port: int, distribution_port: int
) -> dict[str, str]:
    """What the node, its port mapper and `rabbitmqctl` need."""
    env = {
        "PATH": _search_path(state, binaries),
        "HOME": str(state),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(mapper_port),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_CRASH_DUMP": str(state / "erl_crash.dump"),
        "ERL_INETRC": str(state / "inetrc"),
        "RABBITMQ_NODENAME": NODE_NAME,
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_CONFIG_FILE": str(state / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(state / "rabbitmq-env.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(state / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(state / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(state / "data"),
        "RABBITMQ_LOG_BASE": str(state),
        "RABBITMQ_PID_FILE": str(state / "node.pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
        # Makes the start script become the node instead of waiting beside it: then signals, the
        # parent-death one among them, reach the node itself.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    if binaries.tree is not None:
        env["LD_LIBRARY_PATH"] = debian.library_path(binaries.tree)
    return env


def for_node(env: dict[str, str]) -> dict[str, str]:
    """Of the node itself: with the filter of its log."""
    return {**env, "ERL_AFLAGS": f"-eval '{' '.join(NO_BODIES.split())}'"}


def _search_path(state: Path, binaries: RabbitMQBinaries) -> str:
    folders = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    if binaries.erlang is None:
        erl = shutil.which("erl")
        # brew keeps epmd beside Erlang's own erl, wherever the found one links to.
        beside = [str(Path(erl).resolve().parent)] if erl else []
        return ":".join([*folders, *beside])
    programs = next(binaries.erlang.glob("erts-*/bin"))
    shim = state / "bin"
    shim.mkdir(mode=OWNER_ONLY, exist_ok=True)
    # Debian's `erl` hard-codes the system's Erlang and ignores ERL_ROOTDIR.
    write_private(
        shim / "erl",
        "#!/bin/sh\n"
        f"export ROOTDIR={shlex.quote(str(binaries.erlang))} "
        f"BINDIR={shlex.quote(str(programs))} EMU=beam PROGNAME=erl\n"
        'exec "$BINDIR/erlexec" "$@"\n',
    )
    (shim / "erl").chmod(OWNER_ONLY)
    return ":".join([str(shim), str(programs), *folders])
