"""The console script: the commands, and how their failures are told."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from provserver import __version__
from provserver.config import Config, load_config
from provserver.domain.errors import ProvserverError


class _Commands(click.Group):
    """Failures that we know end with one text on stderr and exit code 1, never with a traceback."""

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
    r"""Provisioning server for SIP desk phones and DECT systems.

    \b
    First steps:
      provserver serve --demo        try it: a sample phone boots before your eyes
      provserver init                write config.yaml, key file and database
      provserver serve               run it; the first start prints the platform API key

    \b
    At 3 in the morning:
      provserver explain 00:04:13:aa:bb:cc    every setting of that phone, and why
      provserver render 00:04:13:aa:bb:cc     the file it would get now

    Every command takes its configuration from --config, else from the variable PROVSERVER_CONFIG, else from config.yaml
    in this folder where there is one, else from embedded defaults. Variables PROVSERVER_<SECTION>__<KEY> override it.
    """


def config_option(command: Any) -> Any:
    """Add `--config FILE`, which hands the command a loaded `Config` as `config`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="PROVSERVER_CONFIG",
        metavar="FILE",
        callback=_load,
        help="Configuration file; absent: config.yaml here, else defaults.",
    )(command)


def _load(_: click.Context, __: click.Parameter, path: Path | None) -> Config:
    if path is None and Path("config.yaml").is_file():
        path = Path("config.yaml")
    return load_config(path, os.environ)


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's coroutine."""
    asyncio.run(work)


def _register() -> None:
    """Import the families of commands, which adds them to `main`."""
    from provserver.cli import explaining, keys, serving, setup, vendors  # noqa: PLC0415 - they import `main`

    for family in (serving, setup, keys, explaining, vendors):
        family.register(main)


_register()
