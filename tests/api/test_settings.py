"""Settings: layers, secrets in them, what is effective, and the files it becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from provserver.api.face import ApiFace
from tests.api.client import Client, Clock

MASK = "********"


def abstractions(**groups: Any) -> dict[str, Any]:
    """The overrides that set these groups."""
    return {"overrides": {"abstractions": groups}}


async def test_overrides_merge(api: Client) -> None:
    """RFC 7396 on what is stored: absent stays, null clears, objects merge, arrays replace."""
    phone = await api.phone(
        "00:15:65:00:00:01", **abstractions(audio={"codecs": ["PCMU", "PCMA"], "vad_enabled": True})
    )
    path = f"/v1/devices/{phone}"
    body = abstractions(audio={"codecs": ["G722"], "vad_enabled": None}, display={"time_format": "12h"})
    changed = await api.post(path, body)
    assert changed["overrides"]["abstractions"] == {"audio": {"codecs": ["G722"]}, "display": {"time_format": "12h"}}
    emptied = await api.post(path, abstractions(audio=None, display={"time_format": None}))
    assert emptied["overrides"] == {"abstractions": {}, "vendor_overrides": {}}
    await api.post(path, {"overrides": {"vendor_overrides": {"phone_setting.x": True, "phone_setting.y": 3}}})
    cleared = await api.post(path, {"overrides": {"vendor_overrides": {"phone_setting.x": None}}})
    assert cleared["overrides"]["vendor_overrides"] == {"phone_setting.y": 3}
    assert (await api.post(path, {"overrides": None}))["overrides"]["vendor_overrides"] == {}


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"abstractions": {"audio": {"volume": 3}}}, "overrides.abstractions.audio.volume"),
        ({"abstractions": {"audio": {"codecs": ["MP3"]}}}, "overrides.abstractions.audio.codecs.0"),
        ({"abstractions": {"network": {"vlan_id": 5000}}}, "overrides.abstractions.network.vlan_id"),
        ({"abstractions": {"network": {"vlan_id": "5"}}}, "overrides.abstractions.network.vlan_id"),
        ({"abstractions": {"regional": {"timezone": "Mars/Base"}}}, "overrides.abstractions.regional.timezone"),
        ({"abstractions": {"forward": {"always": {"target": "a b"}}}}, "overrides.abstractions.forward.always.target"),
        ({"abstraction": {}}, "overrides.abstraction"),
        ({"vendor_overrides": {"bad name": "1"}}, "overrides.vendor_overrides.bad name"),
        ({"vendor_overrides": {"a.b": "x\ny"}}, "overrides.vendor_overrides.a.b"),
        ({"vendor_overrides": {"a.b": "x" * 5000}}, "overrides.vendor_overrides.a.b"),
    ],
)
async def test_bad_overrides_are_400_with_their_path(api: Client, overrides: Any, field: str) -> None:
    body = {"type": "deskphone", "mac_address": "00:15:65:00:00:01", "overrides": overrides}
    error = await api.post("/v1/devices", body, expect=400)
    assert field in error["details"]
    assert (await api.get("/v1/devices"))["data"] == []


async def test_nested_raw_parameter_is_400(api: Client) -> None:
    phone = await api.phone("00:15:65:00:00:01")
    reply = await api.post(f"/v1/devices/{phone}", {"overrides": {"vendor_overrides": {"a.b": {"c": 1}}}}, expect=400)
    assert reply["details"] == {"overrides.vendor_overrides.a.b": "must be a string, a number, true or false"}


async def test_secrets_are_masked_and_the_mask_is_refused(api: Client, platform: Client) -> None:
    """Whoever reads a layer and sends it back must not store the mask as the password."""
    body = {
        "overrides": {
            "abstractions": {"access": {"admin_password": "hidden-1"}, "network": {"dot1x": {"password": "hidden-2"}}},
            "vendor_overrides": {"account.1.password": "hidden-3"},
        }
    }
    phone = await api.phone("00:15:65:00:00:01", **body)
    path = f"/v1/devices/{phone}"
    shown = await api.get(path)
    assert shown["overrides"]["abstractions"]["access"]["admin_password"] == MASK
    assert shown["overrides"]["vendor_overrides"]["account.1.password"] == MASK
    error = await api.post(path, {"overrides": shown["overrides"]}, expect=400)
    assert "leave it out" in error["error"]
    error = await api.post(path, {"overrides": {"vendor_overrides": {"account.1.password": MASK}}}, expect=400)
    assert list(error["details"]) == ["overrides.vendor_overrides.account.1.password"]
    layer = {
        "abstractions": {"access": {"admin_password": "hidden-4"}},
        "vendor_overrides": {"yealink": {"account.2.password": "hidden-5"}},
    }
    shown = await api.post("/v1/account/config", layer)
    assert shown["vendor_overrides"]["yealink"]["account.2.password"] == MASK
    await api.post("/v1/account/config", shown, expect=400)
    report = await api.get(f"{path}/settings")
    [admin] = [item for item in report["settings"] if item["path"] == "access.admin_password"]
    assert admin["value"] == MASK
    assert admin["shadows"] == [{"layer": "account", "value": MASK}]
    seen = [report, await api.get(f"{path}/events"), await platform.get("/v1/audit?limit=100")]
    files = (await api.get(f"{path}/files"))["data"]
    seen += [await api.get(f"{path}/files/{file['name']}") for file in files if file["served"]]
    assert "hidden-" not in str(seen)


async def test_layers_inherit_with_provenance(api: Client, platform: Client) -> None:
    """Global, platform, account, device: the nearest wins, and the report says what it hides."""
    phone = await api.phone("00:15:65:00:00:01")
    await platform.post(
        "/v1/platform/config", {"abstractions": {"display": {"time_format": "12h", "date_format": "D/M/Y"}}}
    )
    await api.post("/v1/account/config", {"abstractions": {"display": {"time_format": "24h"}}})
    await api.post(f"/v1/devices/{phone}", abstractions(display={"time_format": "12h"}))
    report = await api.get(f"/v1/devices/{phone}/settings")
    found = {item["path"]: item for item in report["settings"]}
    time_format = found["display.time_format"]
    assert (time_format["value"], time_format["layer"]) == ("12h", "device")
    assert [shadow["layer"] for shadow in time_format["shadows"]] == ["account", "platform", "global"]
    assert found["display.date_format"]["layer"] == "platform"
    assert time_format["supported"]
    assert time_format["parameters"]
    assert found["provisioning.url"]["value"] == MASK
    assert report["vendor"] == "yealink"
    cleared = await platform.post("/v1/platform/config", {"abstractions": None})
    assert cleared == {"abstractions": {}, "vendor_overrides": {}} == await platform.get("/v1/platform/config")
    assert (await api.get("/v1/account/config"))["abstractions"] == {"display": {"time_format": "24h"}}


async def test_a_line_that_no_phone_can_register_is_said(api: Client) -> None:
    """Nothing else tells an operator who has forgotten the SIP domain why phones have their files and stay silent."""
    phone = await api.phone("00:15:65:00:00:01")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": (await api.user())["id"]}, expect=201)
    path = f"/v1/devices/{phone}/settings"
    assert [line["problem"] for line in (await api.get(path))["lines"]] == [
        "no SIP domain is set for this line; set sip.domain"
    ]
    await api.post("/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
    assert [line["problem"] for line in (await api.get(path))["lines"]] == [None]


async def test_what_cannot_be_expressed_is_said(api: Client) -> None:
    """No setting is dropped silently."""
    phone = await api.phone("00:04:13:00:00:01", **abstractions(audio={"echo_cancellation": True}))
    report = await api.get(f"/v1/devices/{phone}/settings")
    for item in report["settings"]:
        assert item["supported"] is (item["reason"] is None), item
    [reason] = [item["reason"] for item in report["settings"] if item["path"] == "audio.echo_cancellation"]
    assert reason == "echo cancellation is always on and cannot be provisioned"


async def test_raw_parameters_of_shared_layers_are_by_vendor(api: Client, platform: Client) -> None:
    error = await api.post("/v1/account/config", {"vendor_overrides": {"nobody": {"a": 1}}}, expect=400)
    assert list(error["details"]) == ["vendor_overrides.nobody"]
    error = await platform.post("/v1/platform/config", {"vendor_overrides": {"yealink": {"bad name": 1}}}, expect=400)
    assert list(error["details"]) == ["vendor_overrides.yealink.bad name"]
    await platform.post("/v1/platform/config", {"vendor_overrides": {"Yealink": {"phone_setting.x": 1}}})
    shown = await platform.post("/v1/platform/config", {"vendor_overrides": {"snom": {"x": "1"}}})
    assert shown["vendor_overrides"] == {"snom": {"x": "1"}, "yealink": {"phone_setting.x": 1}}
    phone = await api.phone("00:15:65:00:00:01")
    [raw] = (await api.get(f"/v1/devices/{phone}/settings"))["vendor_overrides"]
    assert (raw["path"], raw["value"], raw["layer"]) == ("phone_setting.x", 1, "platform")
    shown = await platform.post("/v1/platform/config", {"vendor_overrides": {"yealink": None}})
    assert shown["vendor_overrides"] == {"snom": {"x": "1"}}


async def test_values_no_file_could_hold_are_refused_where_they_are_written(api: Client, platform: Client) -> None:
    """Acme cannot carry a percent sign: neither from its device, nor from a layer above it, nor when it comes later."""
    odd = {"abstractions": {"network": {"dot1x": {"identity": "50%"}}}}
    body = {"type": "deskphone", "mac_address": "020001000001", "overrides": odd}
    error = await api.post("/v1/devices", body, expect=422)
    assert error["code"] == "value_not_expressible"
    assert list(error["details"]) == ["overrides.abstractions.network.dot1x.identity"]
    await api.post("/v1/account/config", odd)
    error = await api.post("/v1/devices", {"type": "deskphone", "mac_address": "020001000001"}, expect=422)
    assert error["code"] == "value_not_expressible"
    await api.post("/v1/account/config", {"abstractions": None})
    phone = await api.phone("020001000001")
    for client, path in ((api, "/v1/account/config"), (platform, "/v1/platform/config")):
        error = await client.post(path, odd, expect=422)
        assert list(error["details"]) == ["abstractions.network.dot1x.identity"]
    error = await api.post("/v1/account/config", {"vendor_overrides": {"acme": {"a.b": "%"}}}, expect=422)
    assert list(error["details"]) == ["vendor_overrides.acme.a.b"]
    assert (await api.get(f"/v1/devices/{phone}"))["overrides"]["abstractions"] == {}


async def test_files(api: Client) -> None:
    """An administrator sees what the phone asks for and what it gets, without a single secret."""
    phone, user = await api.phone("00:15:65:00:00:01", model="T46S"), await api.user("Ada & Co", extension="101")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    files = (await api.get(f"/v1/devices/{phone}/files"))["data"]
    names = {file["name"]: file for file in files}
    assert names["001565000001.cfg"]["provisions"]
    content = await api.get(f"/v1/devices/{phone}/files/001565000001.cfg")
    assert "Ada & Co" in content["content"]
    assert MASK in content["content"]
    assert "/p/" not in content["content"].replace(f"/p/{MASK}", "")
    await api.get(f"/v1/devices/{phone}/files/none.cfg", expect=404)
    await api.get(f"/v1/devices/{phone}/files/../x", expect=404)


async def test_defaults(api: Client, platform: Client) -> None:
    defaults = await api.get("/v1/defaults")
    assert defaults["abstractions"]["audio"]["codecs"] == ["G722", "PCMA", "PCMU"]
    assert await platform.get("/v1/defaults") == defaults


async def test_schema_tells_the_coverage(api: Client, face: ApiFace) -> None:
    schema = await api.get("/v1/settings/schema")
    vlan = schema["properties"]["network"]["properties"]["vlan_id"]
    assert (vlan["minimum"], vlan["maximum"]) == (0, 4094)
    assert set(vlan["x-coverage"]) == set(face.catalogue.dialects)
    password = schema["properties"]["access"]["properties"]["admin_password"]
    assert password["x-secret"]
    for coverage in vlan["x-coverage"].values():
        assert coverage["supported"] or coverage["reason"]
        assert coverage["supported"] or not coverage["some_models"]


async def test_vendors(api: Client) -> None:
    acme = await api.get("/v1/vendors/Acme")
    assert acme["vendor"] == "acme"
    assert acme["mac_prefixes"] == ["020001", "0200017"]
    assert {model["name"]: model["type"] for model in acme["models"]}["B2"] == "dect_base"
    assert {setting["path"] for setting in acme["settings"]} >= {"audio.codecs", "sip.domain"}
    assert await api.get("/v1/vendors/Acme%20Telephones", expect=404)
    await api.get("/v1/vendors/nobody", expect=404)


async def test_dates_and_clocks_are_those_of_the_country_unless_somebody_says_otherwise(api: Client) -> None:
    """Whoever sets a language of one country must not set the order of dates as well."""
    phone = await api.phone("00:15:65:00:00:01", **abstractions(regional={"language": "en-US"}))
    await api.post("/v1/account/config", {"abstractions": {"display": {"time_format": "24h"}}})
    report = await api.get(f"/v1/devices/{phone}/settings")
    found = {item["path"]: (item["value"], item["layer"]) for item in report["settings"]}
    assert found["display.date_format"] == ("M/D/Y", "locale")
    assert found["display.time_format"] == ("24h", "account")
    await api.post(f"/v1/devices/{phone}", abstractions(regional={"language": "en"}))
    report = await api.get(f"/v1/devices/{phone}/settings")
    found = {item["path"]: (item["value"], item["layer"]) for item in report["settings"]}
    assert found["display.date_format"] == ("D/M/Y", "global")


async def test_a_zone_that_does_something_else_than_every_year_is_shown_as_what_the_phone_is_told(
    api: Client, clock: Clock
) -> None:
    """Cuba has its summer time all winter long: its phones have a fixed offset until its rule is right again."""
    phone = await api.phone("00:15:65:00:00:01", **abstractions(regional={"timezone": "America/Havana"}))
    named = await api.phone("00:0f:d3:00:00:01", **abstractions(regional={"timezone": "America/Havana"}))
    zone, polls = await _time_of(api, phone)
    assert zone["note"].startswith("told as a fixed offset, UTC-04:00, until 2027-03-14T05:00:00Z")
    assert zone["until"] == "2027-03-14T05:00:00Z"
    assert {"name": "local_time.summer_time", "value": "0"} in zone["parameters"]
    assert (polls["value"], polls["note"], polls["until"]) == (86400, None, None)
    zone, _ = await _time_of(api, named)
    assert (zone["note"], zone["until"]) == (None, None), "these phones have tables of their own"
    clock.now = datetime(2027, 3, 14, 5, tzinfo=UTC)
    zone, _ = await _time_of(api, phone)
    assert (zone["note"], zone["until"]) == (None, None)


async def test_phones_whose_clocks_will_soon_be_wrong_are_told_to_ask_often(api: Client, clock: Clock) -> None:
    clock.now = datetime(2026, 2, 10, tzinfo=UTC)
    phone = await api.phone("00:15:65:00:00:01", **abstractions(regional={"timezone": "Africa/Casablanca"}))
    seldom = await _time_of(api, phone)
    clock.now = datetime(2026, 2, 14, tzinfo=UTC)
    often = await _time_of(api, phone)
    assert [polls["value"] for _, polls in (seldom, often)] == [86400, 3600]
    assert (often[1]["layer"], often[1]["shadows"]) == ("timezone", [{"layer": "global", "value": 86400}])
    await api.post(f"/v1/devices/{phone}", abstractions(provisioning={"polling_interval": 1800}))
    _, own = await _time_of(api, phone)
    assert (own["value"], own["layer"]) == (1800, "device"), "it asks often enough by itself"
    await api.post(
        f"/v1/devices/{phone}", abstractions(provisioning={"polling_interval": 7200, "polling_enabled": False})
    )
    _, never = await _time_of(api, phone)
    assert never["value"] == 7200


async def _time_of(api: Client, phone: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is effective of the time zone and of the polls."""
    found = {one["path"]: one for one in (await api.get(f"/v1/devices/{phone}/settings"))["settings"]}
    return found["regional.timezone"], found["provisioning.polling_interval"]
