"""What is effective for a handset, and the file of its base that it is in."""

from typing import Any

from tests.api.client import Client

SIP = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}


async def placed(api: Client, model: str, mac: str, **handset: Any) -> tuple[str, str]:
    """A base, and a handset with a user on it."""
    await api.post("/v1/account/config", SIP)
    base = await api.device(type="dect_base", mac_address=mac, model=model)
    one = await api.device(ipei="0328A0000F", base_id=base, **handset)
    user = await api.user("Ada", sip={"username": "ada", "password": "ada-password-of-the-test"})
    await api.post(f"/v1/devices/{one}/users", {"user_id": user["id"]}, expect=201)
    return base, one


async def settings_of(api: Client, device: str) -> tuple[Any, dict[str, Any]]:
    """The answer, and its settings by path."""
    found = await api.get(f"/v1/devices/{device}/settings")
    return found, {setting["path"]: setting for setting in found["settings"]}


async def test_handset_has_the_settings_of_its_base_and_its_own_over_them(api: Client) -> None:
    """What its base cannot say for one handset alone is told so, and never looks as if it were done."""
    own = {"sip": {"transport": "tls"}, "regional": {"timezone": "Asia/Tokyo"}, "features": {"dnd_enabled": True}}
    base, handset = await placed(api, "W60B", "00:15:65:00:00:01", overrides={"abstractions": own})
    await api.post(f"/v1/devices/{base}", {"overrides": {"abstractions": {"sip": {"transport": "tcp"}}}})
    found, settings = await settings_of(api, handset)
    assert (found["device_id"], found["vendor"]) == (handset, "yealink")
    transport = settings["sip.transport"]
    assert (transport["value"], transport["layer"], transport["supported"]) == ("tls", "device", True)
    assert transport["shadows"][0] == {"layer": "base", "value": "tcp"}
    assert settings["sip.domain"]["layer"] == "account"
    zone = settings["regional.timezone"]
    assert (zone["value"], zone["supported"], zone["reason"]) == ("Asia/Tokyo", False, "is one for the whole base")
    [line] = found["lines"]
    assert (line["line_number"], line["account_number"]) == (1, 1)
    assert {"name": "account.1.user_name", "value": "ada"} in line["parameters"]
    assert {"name": "account.1.password", "value": "********"} in line["parameters"]
    of_base, _ = await settings_of(api, base)
    assert [line["account_number"] for line in of_base["lines"]] == [1]


async def test_setting_that_only_a_handset_has_reaches_the_file(api: Client) -> None:
    """Nothing above it sets it: it must not be lost for that."""
    own = {"voicemail": {"number": "*98"}}
    base, handset = await placed(api, "W60B", "00:15:65:00:00:01", overrides={"abstractions": own})
    _, settings = await settings_of(api, handset)
    [parameter] = settings["voicemail.number"]["parameters"]
    files = (await api.get(f"/v1/devices/{handset}/files"))["data"]
    content = (await api.get(f"/v1/devices/{handset}/files/{files[0]['name']}"))["content"]
    assert f"{parameter['name']} = *98\n" in content
    _, of_base = await settings_of(api, base)
    assert "voicemail.number" not in of_base


async def test_parameters_of_other_handsets_are_not_shown(api: Client) -> None:
    base, first = await placed(api, "M400", "00:04:13:00:00:01")
    second = await api.device(ipei="0328A00001", base_id=base)
    user = await api.user("Bob", sip={"username": "bob"})
    await api.post(f"/v1/devices/{second}/users", {"user_id": user["id"]}, expect=201)
    for handset, name in ((first, "ada"), (second, "bob")):
        found, settings = await settings_of(api, handset)
        told = [parameter["value"] for line in found["lines"] for parameter in line["parameters"]]
        assert name in told
        assert not {"ada", "bob"} - {name} & set(told)
        slots = {item["name"].partition("[")[2] for item in settings["audio.codecs"]["parameters"]}
        assert len(slots) <= 1


async def test_files_of_a_handset_are_those_of_its_base_that_contain_it(api: Client) -> None:
    base, handset = await placed(api, "M900", "00:04:13:00:00:01")
    files = (await api.get(f"/v1/devices/{handset}/files"))["data"]
    assert [file["name"] for file in files if file["provisions"]] == [file["name"] for file in files]
    of_base = (await api.get(f"/v1/devices/{base}/files"))["data"]
    assert [file for file in of_base if file["provisions"]] == files
    content = (await api.get(f"/v1/devices/{handset}/files/{files[0]['name']}"))["content"]
    assert "0328A0000F" in content
    assert "ada-password" not in content
    assert all(file["pairing"] is None for file in of_base), "these bases know handsets by their IPEI"
    await api.get(f"/v1/devices/{handset}/files/{of_base[-1]['name']}x", expect=404)


async def test_base_that_cannot_know_an_ipei_says_how_handsets_are_paired(api: Client) -> None:
    """The handset is accepted all the same; somebody has to walk up to the base."""
    base, handset = await placed(api, "W60B", "00:15:65:00:00:01")
    for device in (base, handset):
        files = (await api.get(f"/v1/devices/{device}/files"))["data"]
        assert files
        assert all(file["pairing"] for file in files)


async def test_handset_without_a_base_has_no_files(api: Client) -> None:
    handset = await api.device(ipei="0328A0000F")
    assert (await api.get(f"/v1/devices/{handset}/files"))["data"] == []
    await api.get(f"/v1/devices/{handset}/files/a.cfg", expect=404)
    assert (await api.get(f"/v1/devices/{handset}/settings", expect=404))["code"] == "handset_unpaired"


async def test_secondary_that_gets_no_file_is_told_so(api: Client) -> None:
    """It asks, and is answered 404 on purpose: its data master tells it everything."""
    await api.device(type="dect_base", mac_address="7c:2f:80:00:00:01", model="N870", multicell_role="data_master")
    wish = {"type": "dect_base", "mac_address": "7c:2f:80:00:00:02", "model": "N870", "multicell_role": "secondary"}
    secondary = await api.device(**wish)
    files = (await api.get(f"/v1/devices/{secondary}/files"))["data"]
    assert [file["served"] for file in files] == [False] * len(files)
    await api.get(f"/v1/devices/{secondary}/files/{files[0]['name']}", expect=404)
