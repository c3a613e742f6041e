"""One thing of each kind and a request for every route: walked by the tests of what must hold for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from provserver.api.face import ApiFace
from provserver.api.route import Route
from provserver.domain.device import UnknownDevice
from provserver.domain.mac import parse_mac
from provserver.store.blocked_sources import BlockedSource, record_blocked
from tests.api.client import Client, Reply

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(600)
STREAM = "/v1/events"
"""It does not end; tests/api/test_stream.py reads it."""

_UPDATES = {"name": "changed"}
_LAYER = {"abstractions": {"display": {"time_format": "12h"}}}


@dataclass
class Things:
    """One thing of each kind in one account. `places`: the first words of a path -> what stands in its braces."""

    client: Client
    number: int
    places: dict[str, dict[str, str]]

    @classmethod
    async def made(cls, client: Client, number: int, mark: str = "thing") -> "Things":
        """Make them; whatever can hold a text holds `mark`."""
        user = await client.user(
            mark, email=f"{mark}@example.com", sip={"display_name": mark, "password": f"{mark}-sip"}
        )
        overrides = {
            "abstractions": {"access": {"admin_password": f"{mark}-admin"}},
            "vendor_overrides": {"http_pass": f"{mark}-raw"},
        }
        phone = await client.phone(f"00:04:13:00:0{number}:01", name=mark, location=mark, overrides=overrides)
        other = await client.phone(f"00:04:13:00:0{number}:02", name=mark)
        base = await client.device(mac_address=f"02:00:01:00:0{number}:03", type="dect_base", name=mark)
        handset = await client.device(ipei=f"0328A0000{number}", base_id=base, name=mark)
        await client.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
        await client.post("/v1/account/config", {"abstractions": {"access": {"admin_password": f"{mark}-account"}}})
        template = await client.post("/v1/button_templates", {"name": mark, "description": mark}, expect=201)
        about = {"position": 1, "label": mark, "type": "intercom", "target": {"user": user["id"]}}
        button = await client.post(f"/v1/button_templates/{template['id']}/buttons", about, expect=201)
        override = await client.post(f"/v1/devices/{phone}/button_overrides", about, expect=201)
        places = {
            "users": {"id": user["id"]},
            "button_templates": {"id": template["id"], "bid": button["id"]},
            "devices": {
                "id": phone,
                "user_id": user["id"],
                "oid": override["id"],
                "name": f"snomD785-00041300{number:02}01.htm",
            },
            "deskphones": {"id": other},
            "dect-bases": {"id": base, "hid": handset},
            "accounts": {"id": str(client.account)},
            "unknown_devices": {"mac": f"02:00:01:00:0{number}:99"},
            "blocked_sources": {"source": "198.51.100.9"},
            "vendors": {"vendor": "snom"},
        }
        things = cls(client, number, places)
        for kind in ("check_sync_jobs", "files"):
            route = f"/v1/{kind}"
            places[kind] = {"id": (await things.send("POST", route)).json["id"]}
        return things

    def path(self, openapi_path: str, instead: Mapping[str, str] | None = None) -> str:
        """The path with this account's ids in it."""
        return openapi_path.format(**{**self.places.get(openapi_path.split("/")[2], {}), **(instead or {})})

    def body(self, method: str, path: str) -> Any:
        """A body that this route takes; it names things of this account."""
        bodies: dict[str, Any] = {
            "/v1/accounts": {"name": "new"},
            "/v1/users": {"name": "new"},
            "/v1/devices": {"mac_address": f"00041300{self.number:02}10"},
            "/v1/deskphones": {"mac_address": f"00041300{self.number:02}11"},
            "/v1/dect-bases": {"mac_address": f"02000100{self.number:02}12", "type": "dect_base"},
            "/v1/dect-bases/{id}/handsets": {"ipei": f"0328A0010{self.number}"},
            "/v1/devices/{id}/users": {"user_id": self.places["users"]["id"]},
            "/v1/check_sync_jobs": {"filter": {"location": "nowhere"}},
            "/v1/platform/config": _LAYER,
            "/v1/account/config": _LAYER,
            "/v1/api_keys": {"name": "new"},
            "/v1/button_templates/{id}/buttons": {"position": 2, "type": "dnd"},
            "/v1/button_templates/{id}/buttons/{bid}": {"position": 3},
            "/v1/devices/{id}/buttons": {"position": 2, "type": "dnd"},
            "/v1/devices/{id}/button_overrides": {"position": 3, "suppressed": True},
        }
        if method != "POST":
            return None
        return bodies.get(path, {} if path.endswith(("/arm", "/rotate", "/status/check-sync")) else _UPDATES)

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        client: Client | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> Reply:
        """A request to this route; `instead` are other values for the braces of its path."""
        client = client or self.client
        if (method, path) == ("POST", "/v1/files"):
            headers = {"Content-Type": "application/octet-stream"}
            return await client.send(method, f"{path}?kind=logo&name=thing.png", PICTURE, headers=headers)
        query = "?from=2026-01-01&to=2027-01-01" if path == "/v1/usage" else ""
        given = body if body is not None else self.body(method, path)
        return await client.send(method, self.path(path, instead) + query, given)


async def knock(face: ApiFace, things: Things) -> None:
    """What strangers leave behind: a phone without a record that knocked, and an address that guessed too much."""
    mac, source = things.places["unknown_devices"]["mac"], things.places["blocked_sources"]["source"]
    now = face.sources.now()
    face.unknown.saw(
        UnknownDevice(mac=parse_mac(mac, "mac"), source_ip=source, first_seen_at=now, last_seen_at=now, count=1)
    )
    until = now + timedelta(hours=1)
    blocked = BlockedSource(source=source, last_address=source, since=now, until=until, refused=1)
    async with face.database.write() as conn:
        await record_blocked(conn, [blocked], now=now)


def deepest_first(route: Route) -> tuple[bool, int, int]:
    """Sorts routes so that what is deleted is not missed: deletes last, and of them the innermost first."""
    order = ("devices", "deskphones", "dect-bases", "check_sync_jobs", "files", "button_templates", "users")
    kind = route.path.split("/")[2]
    return route.method == "DELETE", -route.path.count("/"), order.index(kind) if kind in order else len(order)
