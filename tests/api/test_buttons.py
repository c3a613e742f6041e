"""Programmable keys over the API: templates, bindings, overrides, and what a device has in the end."""

from typing import Any

import pytest

from provserver.api.face import ApiFace
from provserver.domain.button_types import ButtonType
from provserver.services.settings.effective import stamp_of
from provserver.store.fetches import find_by_id
from tests.api.client import Client, TwoTenants
from tests.api.test_devices import fetched

SNOM = {"mac_address": "000413aabbcc", "model": "D785"}
SPEED = {"type": "speed_dial", "target": {"destination": "112"}, "label": "Help"}


async def template(api: Client, *buttons: dict[str, Any], name: str = "Office") -> str:
    """The id of a template with these buttons, at positions from 1 where they say none."""
    made = await api.post("/v1/button_templates", {"name": name}, expect=201)
    for position, button in enumerate(buttons, start=1):
        path = f"/v1/button_templates/{made['id']}/buttons"
        await api.post(path, {"position": position, **button}, expect=201)
    return str(made["id"])


async def bound(api: Client, template_id: str, **fields: Any) -> str:
    """The id of a phone that is bound to a template."""
    device = await api.device(**{**SNOM, **fields})
    await api.post(f"/v1/devices/{device}", {"button_template": template_id})
    return device


async def buttons_of(api: Client, device: str) -> dict[int, Any]:
    """The effective buttons by position."""
    return {one["position"]: one for one in (await api.get(f"/v1/devices/{device}/buttons"))["data"]}


async def file_of(api: Client, device: str) -> str:
    """The phone's own file."""
    files = (await api.get(f"/v1/devices/{device}/files?limit=100"))["data"]
    name = next(file["name"] for file in files if file["provisions"])
    return str((await api.get(f"/v1/devices/{device}/files/{name}"))["content"])


async def test_a_template_is_made_shown_changed_and_deleted(api: Client) -> None:
    made = await api.post("/v1/button_templates", {"name": "Office", "description": "All"}, expect=201)
    assert made["id"].startswith("btpl_")
    path = f"/v1/button_templates/{made['id']}"
    assert await api.get(path) == made == {**made, "name": "Office", "description": "All"}
    changed = await api.post(path, {"description": None})
    assert (changed["name"], changed["description"]) == ("Office", None)
    assert [one["id"] for one in (await api.get("/v1/button_templates"))["data"]] == [made["id"]]
    await api.post(path, {"name": None}, expect=400)
    await api.delete(path)
    await api.get(path, expect=404)


async def test_buttons_of_a_template_are_added_moved_and_taken_away(api: Client) -> None:
    office = await template(api, SPEED, {"type": "dnd"})
    path = f"/v1/button_templates/{office}/buttons"
    first, second = (await api.get(path))["data"]
    assert (first["position"], first["label"], first["type"]) == (1, "Help", "speed_dial")
    assert (first["template"], first["template_id"], first["target"]) == (office, office, {"destination": "112"})
    assert (second["label"], second["target"]) == (None, {})
    error = await api.post(f"{path}/{first['id']}", {"position": 2}, expect=409)
    assert error["code"] == "position_taken"
    assert (await api.post(f"{path}/{first['id']}", {"position": 7}))["position"] == 7
    await api.post(f"{path}/{first['id']}", {"position": 7, "label": "x"}, expect=400)
    await api.delete(f"{path}/{second['id']}")
    await api.delete(f"{path}/{second['id']}", expect=404)
    expanded = await api.get(f"/v1/button_templates/{office}?expand[]=buttons")
    assert [one["position"] for one in expanded["buttons"]] == [7]
    listed = (await api.get("/v1/button_templates?expand[]=buttons"))["data"]
    assert listed[0]["buttons"] == expanded["buttons"]


WRONG = [
    ({"type": "blf_extension"}, "target.user"),
    ({"type": "blf_park", "target": {"slot": "701"}}, "target.slot"),
    ({"type": "dnd", "target": {"user": "self"}}, "target.user"),
    ({"type": "transfer", "target": {"mode": "warm"}}, "target.mode"),
    ({"type": "multicast", "target": {"address": "10.0.0.1", "port": 5000}}, "target.address"),
    ({"type": "dtmf", "target": {"digits": "12x"}}, "target.digits"),
    ({"type": "url", "target": {"url": "javascript:alert(1)"}}, "target.url"),
    ({"type": "speed_dial", "target": {"destination": "112"}, "label": "a\nb"}, "label"),
    ({"type": "speed_dial", "target": {"destination": "112"}, "position": 0}, "position"),
    ({"type": "teleport"}, "type"),
]


@pytest.mark.parametrize(("button", "field"), WRONG, ids=[field for _, field in WRONG])
async def test_a_wrong_button_is_refused_by_field(api: Client, button: dict[str, Any], field: str) -> None:
    office = await template(api)
    error = await api.post(f"/v1/button_templates/{office}/buttons", {"position": 1, **button}, expect=400)
    assert list(error["details"]) == [field]


async def test_a_device_has_its_template_with_its_lines_placed_first(api: Client) -> None:
    """Line keys stand at the numbers of their lines, where the template has nothing."""
    ada = await api.user("Ada Lovelace", extension="101")
    bob = await api.user("Bob", extension="102")
    device = await bound(api, await template(api, {**SPEED, "position": 2}, {"type": "dnd", "position": 3}))
    for user in (ada, bob):
        await api.post(f"/v1/devices/{device}/users", {"user_id": user["id"]}, expect=201)
    shown = await buttons_of(api, device)
    assert {position: (one["type"], one["source"]) for position, one in shown.items()} == {
        1: ("line", "model_default"),
        2: ("speed_dial", "template"),
        3: ("dnd", "template"),
    }
    assert (shown[1]["label"], shown[1]["target"], shown[1]["template_button"]) == ("101", {"line_index": 1}, None)
    assert shown[2]["template_button"] == shown[2]["template_button_id"]
    assert all(one["compatibility"] == {"supported": True, "reason": None, "message": None} for one in shown.values())
    text = await file_of(api, device)
    assert '<fkey idx="0" context="1" label="101" perm="">line</fkey>' in text
    assert '<fkey idx="1" context="1" label="Help" perm="">speed 112</fkey>' in text


async def test_overrides_replace_add_and_suppress(api: Client) -> None:
    device = await bound(api, await template(api, SPEED, {"type": "dnd"}, {"type": "conference"}))
    path = f"/v1/devices/{device}/button_overrides"
    replaced = await api.post(path, {"position": 1, "type": "url", "target": {"url": "http://a/"}}, expect=201)
    assert replaced["id"].startswith("dbo_")
    assert (replaced["device"], replaced["device_id"], replaced["suppressed"]) == (device, device, False)
    added = await api.post(path, {"position": 9, "type": "park", "target": {"slot": 7}}, expect=201)
    gone = await api.post(path, {"position": 2, "suppressed": True}, expect=201)
    assert (gone["type"], gone["target"], gone["label"]) == (None, None, None)
    shown = await buttons_of(api, device)
    assert {position: one["source"] for position, one in shown.items()} == {
        1: "template_overridden",
        3: "template",
        9: "override",
    }
    assert (shown[1]["override"], shown[9]["override_id"]) == (replaced["id"], added["id"])
    assert shown[1]["template_button"]
    assert [one["position"] for one in (await api.get(path))["data"]] == [1, 2, 9]
    await api.post(path, {"position": 2, "type": "dnd"}, expect=409)
    await api.delete(f"{path}/{gone['id']}")
    await api.delete(f"{path}/{gone['id']}", expect=404)
    assert (await buttons_of(api, device))[2]["type"] == "dnd"


@pytest.mark.parametrize(
    "override",
    [
        {"position": 1},
        {"position": 1, "suppressed": True, "type": "dnd"},
        {"position": 1, "suppressed": True, "label": "x"},
        {"position": 1, "type": "park", "target": {"slot": -1}},
    ],
)
async def test_an_override_says_one_thing(api: Client, override: dict[str, Any]) -> None:
    device = await api.device(**SNOM)
    await api.post(f"/v1/devices/{device}/button_overrides", override, expect=400)


async def test_what_cannot_be_on_a_device_is_reported_with_its_reason(api: Client) -> None:
    everything = await template(api, {"type": "blf_extension", "target": {"user": "self"}}, {**SPEED, "position": 900})
    device = await bound(api, everything)
    shown = await buttons_of(api, device)
    assert shown[1]["compatibility"]["reason"] == "device_has_no_owning_user"
    assert shown[900]["compatibility"]["reason"] == "position_out_of_range_for_model"
    fit = (await api.get(f"/v1/devices/{device}"))["compatibility"]
    assert fit["device"] == {"vendor": "snom", "model": "D785", "kind": "deskphone", "max_position": 24 + 4 * 18 + 4}
    assert fit["supported_count"] == 0
    assert [(one["position"], one["reason"]) for one in fit["unsupported"]] == [
        (1, "device_has_no_owning_user"),
        (900, "position_out_of_range_for_model"),
    ]
    assert fit["unsupported"][0]["template_button_id"] == shown[1]["template_button"]
    base = await api.device(type="dect_base", mac_address="020001000001")
    compared = await api.get(f"/v1/button_templates/{everything}?for_device={base}")
    reasons = {one["reason"] for one in compared["compatibility"]["unsupported"]}
    assert (reasons, compared["compatibility"]["device"]["max_position"]) == ({"vendor_does_not_support_type"}, 0)


async def test_compatible_templates_are_those_of_which_something_works(api: Client) -> None:
    good = await template(api, {"type": "blf_extension", "target": {"user": "self"}}, name="Good")
    partly = await template(api, SPEED, {**SPEED, "position": 900}, name="Partly")
    await template(api, {**SPEED, "position": 900}, name="Beyond")
    device = await api.device(**SNOM)
    listed = (await api.get(f"/v1/devices/{device}/compatible_button_templates"))["data"]
    assert [one["id"] for one in listed] == [partly, good]
    assert [one["compatibility"]["supported_count"] for one in listed] == [1, 0]
    base = await api.device(type="dect_base", mac_address="020001000001")
    assert (await api.get(f"/v1/devices/{base}/compatible_button_templates"))["data"] == []


async def test_what_fits_is_looked_for_among_few_templates_at_a_time(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ten thousand templates in an account one page would keep the server busy for long."""
    monkeypatch.setattr("provserver.store.button_templates._LOOKED_AT", 2)
    good = await template(api, SPEED, name="Good")
    for number in range(4):
        await template(api, {**SPEED, "position": 900}, name=f"Beyond {number}")
    device = await api.device(**SNOM)
    path: str | None = f"/v1/devices/{device}/compatible_button_templates?limit=2"
    pages = []
    while path:
        page = await api.get(path)
        pages.append([one["id"] for one in page["data"]])
        path = page["next_page_url"]
    assert pages == [[], [], [good]]


async def test_binding_and_unbinding(api: Client) -> None:
    device = await bound(api, office := await template(api, SPEED))
    shown = await api.get(f"/v1/devices/{device}")
    assert (shown["button_template"], shown["button_template_id"]) == (office, office)
    expanded = await api.get(f"/v1/devices/{device}?expand[]=button_template")
    assert (expanded["button_template"]["name"], expanded["button_template_id"]) == ("Office", office)
    assert (await api.post(f"/v1/devices/{device}", {"button_template_id": None}))["button_template"] is None
    assert await buttons_of(api, device) == {}
    error = await api.post(f"/v1/devices/{device}", {"button_template": "btpl_nobody"}, expect=404)
    assert list(error["details"]) == ["button_template"]
    await api.post(f"/v1/devices/{device}", {"button_template": office, "button_template_id": "other"}, expect=400)


async def test_deleting_a_template_unbinds_its_devices(api: Client) -> None:
    device = await bound(api, office := await template(api, SPEED))
    await api.delete(f"/v1/button_templates/{office}")
    assert (await api.get(f"/v1/devices/{device}"))["button_template"] is None
    assert await buttons_of(api, device) == {}


async def test_new_phones_that_fit_inherit_the_default_template(platform: Client, api: Client) -> None:
    office = await template(api, SPEED)
    path = f"/v1/accounts/{api.account}"
    account = await platform.post(path, {"default_button_template": office})
    assert (account["default_button_template"], account["default_button_template_id"]) == (office, office)
    phone = await api.device(**SNOM)
    assert (await api.get(f"/v1/devices/{phone}"))["button_template"] == office
    base = await api.device(type="dect_base", mac_address="020001000001")
    assert (await api.get(f"/v1/devices/{base}"))["button_template"] is None
    keyless = await api.device(mac_address="001565000009", model="CP920")
    assert (await api.get(f"/v1/devices/{keyless}"))["button_template"] is None
    error = await platform.post(path, {"default_button_template": "btpl_nobody"}, expect=404)
    assert list(error["details"]) == ["default_button_template"]
    await api.delete(f"/v1/button_templates/{office}")
    assert (await platform.get(path))["default_button_template"] is None


async def test_labels_and_numbers_follow_the_user(api: Client, face: ApiFace) -> None:
    """A name that is changed once is right on every phone."""
    ada = await api.user("Ada", extension="101", sip={"username": "ada"})
    device = await bound(api, await template(api, {"type": "blf_extension", "target": {"user": ada["id"]}}))
    assert 'label="Ada" perm="">blf ada<' in await file_of(api, device)
    await fetched(face, api.account, device)
    await api.post(f"/v1/users/{ada['id']}", {"name": "Ada King", "sip": {"username": "countess"}})
    assert 'label="Ada King" perm="">blf countess<' in await file_of(api, device)
    assert (await api.get(f"/v1/devices/{device}"))["config_state"] == "stale"
    await api.delete(f"/v1/users/{ada['id']}")
    fit = (await buttons_of(api, device))[1]["compatibility"]
    assert (fit["supported"], fit["reason"]) == (False, "not_expressible")
    assert "countess" not in await file_of(api, device)


async def test_every_change_of_keys_makes_the_phone_stale(api: Client, face: ApiFace) -> None:
    """What a phone has fetched is not what it would get any more: it must be told, and its cache must not answer."""
    ada = await api.user("Ada", extension="101")
    about = {"type": "intercom", "target": {"user": ada["id"]}}
    device = await bound(api, office := await template(api, SPEED))
    rows, overrides = f"/v1/button_templates/{office}/buttons", f"/v1/devices/{device}/button_overrides"
    seen = [await _stamp(face, api, device)]

    async def post(path: str, body: Any, expect: int = 201) -> Any:
        answer = await api.post(path, body, expect=expect)
        seen.append(await _stamp(face, api, device))
        return answer

    button = await post(rows, {"position": 2, **SPEED})
    await post(f"{rows}/{button['id']}", {"position": 3}, 200)
    override = await post(overrides, {"position": 4, **about})
    await post(f"/v1/users/{ada['id']}", {"name": "Ada King"}, 200)
    await post(rows, {"position": 5, **about})
    await api.delete(f"{overrides}/{override['id']}")
    seen.append(await _stamp(face, api, device))
    await post(f"/v1/users/{ada['id']}", {"extension": "102"}, 200)
    await api.delete(f"{rows}/{button['id']}")
    seen.append(await _stamp(face, api, device))
    await post(f"/v1/devices/{device}", {"button_template": None}, 200)
    assert len(set(seen)) == len(seen), seen


async def _stamp(face: ApiFace, api: Client, device: str) -> str:
    async with face.database.read() as conn:
        record = await find_by_id(conn, api.account or "", device)
    assert record
    return stamp_of(record, face.catalogue, face.sources.now())


async def test_templates_of_another_account_are_not_there(tenants: TwoTenants) -> None:
    first, second = tenants.first, tenants.second
    office, ada = await template(first, SPEED), await first.user("Ada")
    await second.get(f"/v1/button_templates/{office}", expect=404)
    await second.post(f"/v1/button_templates/{office}/buttons", {"position": 2, **SPEED}, expect=404)
    device = await second.device(**SNOM)
    await second.post(f"/v1/devices/{device}", {"button_template": office}, expect=404)
    stranger = {"position": 1, "type": "intercom", "target": {"user": ada["id"]}}
    error = await second.post(f"/v1/devices/{device}/button_overrides", stranger, expect=404)
    assert list(error["details"]) == ["target.user"]
    await first.get(f"/v1/button_templates/{office}?for_device={device}", expect=404)


async def test_changes_of_buttons_are_in_the_audit_and_in_the_history_of_the_device(api: Client) -> None:
    device = await bound(api, await template(api, SPEED))
    await api.post(f"/v1/devices/{device}/button_overrides", {"position": 1, "suppressed": True}, expect=201)
    actions = [one["action"] for one in (await api.get("/v1/audit?limit=100"))["data"]]
    assert {"button_template.created", "button_template.button_added", "device.button_override_added"} <= set(actions)
    event = (await api.get(f"/v1/devices/{device}/events"))["data"][0]
    assert (event["type"], event["details"]["fields"]) == ("updated", ["button_overrides"])


async def test_settings_tell_what_became_of_every_button(api: Client) -> None:
    device = await bound(api, await template(api, SPEED, {"type": "dnd"}, {**SPEED, "position": 900}))
    raw = {"fkey[1]": "keyevent F_REDIAL"}
    await api.post(f"/v1/devices/{device}", {"overrides": {"vendor_overrides": raw}})
    speed, dnd, beyond = (await api.get(f"/v1/devices/{device}/settings"))["buttons"]
    assert (speed["supported"], speed["parameters"]) == (True, [{"name": "fkey[0]", "value": "speed 112"}])
    assert (dnd["supported"], dnd["reason"]) == (False, "fkey[1] is set by vendor_overrides of device")
    assert (beyond["supported"], beyond["parameters"]) == (False, [])
    assert "100 keys, those of expansion modules and soft keys included" in beyond["reason"]


async def test_numbers_of_the_sip_service_reach_every_key(api: Client) -> None:
    device = await bound(api, await template(api, {"type": "blf_park", "target": {"slot": 701}}))
    number = {"park_number": "*68{slot}"}
    await api.post("/v1/account/config", {"abstractions": {"buttons": number}})
    assert 'label="701" perm="">orbit *68701<' in await file_of(api, device)
    wrong = {"abstractions": {"buttons": {"park_number": "*68{queue}"}}}
    error = await api.post("/v1/account/config", wrong, expect=400)
    assert list(error["details"]) == ["abstractions.buttons.park_number"]


async def test_the_catalogue_tells_which_types_a_vendor_has(api: Client) -> None:
    snom = await api.get("/v1/vendors/snom")
    told = {one["type"]: one["supported"] for one in snom["buttons"] if one["dialect"] == "snom"}
    assert told == dict.fromkeys(ButtonType, True)
    assert next(one["max_position"] for one in snom["models"] if one["name"] == "D785") == 100
    coverage = (await api.get("/v1/settings/schema"))["properties"]["buttons"]["properties"]["park_number"][
        "x-coverage"
    ]
    assert coverage["snom"]["supported"]
    assert coverage["gigaset"] == {
        "supported": False,
        "some_models": False,
        "reason": "keys of handsets are set on the handset; no parameter of the base is about them",
    }
