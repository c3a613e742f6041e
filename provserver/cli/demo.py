"""`serve --demo`: what an operator and a phone do, shown with the real listeners."""

import click
from aiohttp import ClientSession, ClientTimeout

from provserver.config import Config
from provserver.database_setup import change_by
from provserver.domain.errors import ProvserverError
from provserver.domain.mac import Mac
from provserver.listeners import Addresses
from provserver.services import api_keys
from provserver.services.change import Actor
from provserver.simulation.setting_up import Operator

_BLOCK = 0x000413DE0000  # inside Snom's block 00:04:13
_MODEL, _FIRMWARE = "D785", "10.1.169.16"


async def demonstrate(config: Config, running: Addresses, platform_key: str | None) -> None:
    """Create an account, a user and a Snom phone over the API, boot a simulated phone, and show its file."""
    key = platform_key or await _demo_key(config)
    async with ClientSession(timeout=ClientTimeout(total=10)) as http:
        operator = Operator(http, running.api, key)
        account = await operator.open_account("Demo Inc")
        user = await operator.call("POST", "/v1/users", {"name": "Ada Lovelace", "extension": "101"})
        device, mac = await _free_phone(operator)
        await operator.call("POST", f"/v1/devices/{device}/users", {"user_id": user["id"]})
        _say(f"account {account}, user {user['id']} and desk phone {device} ({mac}) created by the API")
        before = await operator.call("GET", f"/v1/devices/{device}")
        await _boot(http, running, mac)
        after = await operator.call("GET", f"/v1/devices/{device}")
        _say(f"status   {before['status']}  ->  {after['status']}")
        _say(f"model    {before['model'] or 'unknown'}  ->  {after['model']}, told by the phone's User-Agent")
        click.echo(_next_steps(running, key, account, device))


async def _demo_key(config: Config) -> str:
    """A temporary platform key for the demonstration."""
    if config.api.bootstrap_key:
        return config.api.bootstrap_key
    async with change_by(Actor("demo"), config) as change:
        made = await api_keys.create(change, name="demo", account_id=None, read_only=False, expires_at=None)
        return made.secret


async def _free_phone(operator: Operator) -> tuple[str, Mac]:
    """The first MAC of the demo block that has no device yet."""
    for number in range(1, 0x10000):
        mac = Mac(f"{_BLOCK + number:012x}")
        try:
            device = await operator.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": str(mac)})
        except ProvserverError as error:
            if error.code != "mac_address_taken":
                raise
        else:
            return device["id"], mac
    raise ProvserverError("all MAC addresses of the demo are taken")


async def _boot(http: ClientSession, running: Addresses, mac: Mac) -> None:
    """Request what a Snom D785 requests when it boots."""
    agent = (
        f"Mozilla/4.0 (compatible; snom{_MODEL}-SIP {_FIRMWARE} 2010.12-00001-gd311851f1 "
        f"(Feb 25 2019 - 14:19:43) {mac.upper} SXM:0 UXM:0 UXMC:0)"
    )
    for file in (f"snom{_MODEL}.htm", f"snom{_MODEL}-{mac.upper}.htm"):
        _say(f"GET /{file}\nUser-Agent: {agent}")
        async with http.get(f"{running.phones}/{file}", headers={"User-Agent": agent}) as response:
            text = await response.text()
            click.echo(f"\n    HTTP {response.status}  {response.content_type}  {len(text)} characters\n")
            click.echo("\n".join(f"    {line}" for line in text.splitlines()))


def _say(text: str) -> None:
    click.echo("\n" + "\n".join(f"  {line}" for line in text.splitlines()))


def _next_steps(running: Addresses, key: str, account: str, device: str) -> str:
    headers = f'-H "Authorization: Bearer {key}" \\\n      -H "DialStack-Account: {account}"'
    url = f"{running.api}/v1"
    return f"""
  The server keeps running until Ctrl-C. Try next:

    curl {url}/devices/{device} \\
      {headers}

    curl -X POST {url}/deskphones/{device} \\
      {headers} \\
      -H "Content-Type: application/json" \\
      -d '{{"overrides": {{"abstractions": {{"display": {{"time_format": "12h"}}}}}}}}'

    curl {url}/devices/{device}/settings \\
      {headers}

  API documentation: {running.api}/docs
"""
