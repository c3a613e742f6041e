"""`serve`: runs the server in the foreground."""

import asyncio
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import uvloop

from provserver.allocator import share_one_heap
from provserver.cli.demo import demonstrate
from provserver.cli.options import config_option, load_anew
from provserver.config import Config
from provserver.database_setup import prepare
from provserver.foundation import load_vendors
from provserver.garbage import unsearched
from provserver.listeners import Addresses
from provserver.logs import configure_logging
from provserver.process import run
from provserver.supervisor import plan, tell_listening


@click.command()
@config_option
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Number of processes for phones; absent: one process for everything."
)
@click.option("--demo", is_flag=True, help="Add a sample phone through the API and boot it.")
def serve(config: Config, workers: int | None, demo: bool) -> None:
    """Run the server until SIGTERM or SIGINT.

    Phones fetch from phones.host:port (default 0.0.0.0:8080); the REST API listens on api.host:port (default
    127.0.0.1:8081). The embedded database is created and migrated automatically.

    With --workers, even with 1, phones and API are served by separate processes, so that a storm of phones does not
    slow down the API. SIGHUP then replaces all processes by new ones with a reloaded configuration, without refusing
    connections. Without --workers, SIGHUP reloads the certificates.
    """
    share_one_heap()
    configure_logging(config.log)
    if workers and demo:
        raise click.UsageError("--demo runs without --workers")
    if workers:
        _supervise(config, workers)
    else:
        uvloop.run(_serve(config, demo))


async def _serve(config: Config, demo: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with unsearched():
        # Before anything is created, so that a failing first start leaves nothing behind
        vendors = load_vendors(config)
        key = await prepare(config)
    async with run(config, vendors=vendors) as where:
        tell_listening(config, where)
        _show_banner(where, key)
        if demo:
            await demonstrate(config, where, key)
        await stop.wait()


def _supervise(config: Config, workers: int) -> None:
    with unsearched():
        vendors = load_vendors(config)  # once for all workers, which share the memory
    key = asyncio.run(prepare(config))
    with TemporaryDirectory(prefix="provserver-") as folder:
        supervisor, where = plan(config, vendors, workers, load_anew(click.get_current_context()), Path(folder))
        supervisor.start()
        tell_listening(config, where)
        _show_banner(where, key)
        supervisor.supervise()


def _show_banner(where: Addresses, key: str | None) -> None:
    if key is None:
        return
    text = f"""
  provserver runs for the first time.

    phones fetch from   {where.phones}
    REST API            {where.api}   (documentation: {where.api}/docs)
    platform API key    {key}

  The key is shown this once; only its hash is kept. Try:

    curl -X POST {where.api}/v1/accounts \\
      -H "Authorization: Bearer {key}" \\
      -H "Content-Type: application/json" \\
      -d '{{"name": "My first account"}}'
"""
    click.echo(text, err=True)
