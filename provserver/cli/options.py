"""Shared by all commands: `--config`, and running coroutines."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from provserver.config import Config
from provserver.config.loading import load_config

_PATH = "provserver.config"


def config_option(command: Any) -> Any:
    """Add `--config FILE`; the command gets the loaded `Config` as `config`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="PROVSERVER_CONFIG",
        metavar="FILE",
        callback=_load,
        help="Configuration file; absent: $PROVSERVER_CONFIG, else config.yaml here, else defaults.",
    )(command)


def _load(ctx: click.Context, _: click.Parameter, path: Path | None) -> Config:
    if path is None and Path("config.yaml").is_file():
        path = Path("config.yaml")
    ctx.meta[_PATH] = path
    return load_config(path, os.environ)


def load_anew(ctx: click.Context) -> Callable[[], Config]:
    """A function that loads the command's configuration again."""
    path = ctx.meta[_PATH]
    return lambda: load_config(path, os.environ)


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's coroutine."""
    asyncio.run(work)
