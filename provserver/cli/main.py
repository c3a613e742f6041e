"""The console script: all commands, and how errors are shown."""

import sys
from importlib import import_module
from typing import Any

import click

from provserver import __version__
from provserver.domain.errors import ProvserverError
from provserver.garbage import unsearched

_COMMANDS = {
    "serve": "serving:serve",
    "init": "setup:init",
    "check": "setup:check",
    "migrate": "setup:migrate",
    "key": "keys:key",
    "audit": "auditing:audit",
    "render": "explaining:render_file",
    "explain": "explaining:explain",
    "check-sync": "checksync:check_sync",
    "token": "tokens:token",
    "blocked": "blocked:blocked",
    "vendors": "vendors:vendors",
    "simulate": "simulate:simulate",
}
"""Module and function of each command, loaded on demand, since the server does not need the others' libraries."""


class _Commands(click.Group):
    """Known errors are shown as one message on stderr with exit code 1, without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, function = _COMMANDS[cmd_name].partition(":")
        with unsearched():
            command: click.Command = getattr(import_module(f"provserver.cli.{module}"), function)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ProvserverError as error:
            click.echo(f"provserver: {error.message}", err=True)
            for field, reason in error.details.items():
                click.echo(f"  {field}: {reason}", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="provserver")
def main() -> None:
    """Provisioning server for SIP desk phones and DECT systems.

    \b
    First steps:
      provserver serve --demo        try it with a sample phone
      provserver init                write config.yaml, key file and database
      provserver serve               run it; the first start prints the platform API key

    \b
    Troubleshooting:
      provserver explain 00:04:13:aa:bb:cc    every setting of that phone, and where it comes from
      provserver render 00:04:13:aa:bb:cc     the file it would get now
      provserver check-sync 00:04:13:aa:bb:cc make it fetch that file

    Every command reads its configuration from --config, else from the file in PROVSERVER_CONFIG, else from config.yaml
    in this folder, else it uses defaults. Environment variables PROVSERVER_<SECTION>__<KEY> override it.
    """  # noqa: D301 - click wants the character itself
