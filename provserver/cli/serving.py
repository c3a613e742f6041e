"""`serve`: run the server in the foreground."""

import asyncio
import signal

import click

from provserver.cli.demo import demonstrate
from provserver.cli.options import config_option, run_async
from provserver.config import Config
from provserver.logs import configure_logging
from provserver.server import Running, run


@click.command()
@config_option
@click.option("--demo", is_flag=True, help="Add a sample phone through the API and boot it before your eyes.")
def serve(config: Config, demo: bool) -> None:
    """Run the server until SIGTERM or SIGINT.

    Phones fetch from phones.host:port (default 0.0.0.0:8080), the REST API listens on api.host:port (default
    127.0.0.1:8081). The embedded database is created and migrated by itself.
    """
    configure_logging(config.log)
    run_async(_serve(config, demo))


async def _serve(config: Config, demo: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with run(config) as running:
        if running.platform_key:
            click.echo(_banner(running, running.platform_key), err=True)
        if demo:
            await demonstrate(config, running)
        await stop.wait()


def _banner(running: Running, key: str) -> str:
    return f"""
  provserver runs for the first time.

    phones fetch from   {running.phones_url}
    REST API            {running.api_url}   (documentation: {running.api_url}/docs)
    platform API key    {key}

  The key is shown this once; only its hash is kept. Try:

    curl -X POST {running.api_url}/v1/accounts \\
      -H "Authorization: Bearer {key}" \\
      -H "Content-Type: application/json" \\
      -d '{{"name": "My first account"}}'
"""
