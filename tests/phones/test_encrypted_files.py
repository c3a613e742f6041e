"""A device with a key gets files that only its phone can read; people still see them in clear, masked."""

import subprocess

from tests.phones.conftest import YEALINK_AGENT, Office

MAC, KEY = "805ec0aabbcc", "q7Rk20VbXz91LmPa"
AGENT = YEALINK_AGENT.format(mac=MAC)


async def test_a_keyed_yealink_gets_its_file_encrypted(office: Office) -> None:
    device, user = await office.phone(MAC, "yealink")
    plain = await (await office.get(f"/{MAC}.cfg", AGENT)).text()
    assert user.sip_password in plain
    await office.set_layer(device.id, {"provisioning": {"encryption_key": KEY}})
    answer = await office.get(f"/p/{device.token}/{MAC}.cfg", AGENT)
    body = await answer.read()
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    assert user.sip_password.encode() not in body
    opened = subprocess.run(  # noqa: ASYNC221 - a test may wait
        ["openssl", "enc", "-d", "-aes-128-ecb", "-nopad", "-K", KEY.encode().hex()],
        input=body,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert opened.startswith(plain[:60])
    assert f"account.1.password = {user.sip_password}\n" in opened
    assert f"static.auto_provision.aes_key_16.mac = {KEY}\n" in opened
    again = await office.get(f"/p/{device.token}/{MAC}.cfg", AGENT, If_None_Match=answer.headers["ETag"])
    assert again.status == 304


async def test_a_raw_key_reaches_a_phone_in_the_file_and_encrypts_nothing(office: Office) -> None:
    """How a phone gets its first key, and with another one in use its next."""
    device, _ = await office.phone(MAC, "yealink")
    raw = {"vendor_overrides": {"static.auto_provision.aes_key_16.mac": KEY}}
    await office.set_document(device.id, raw)
    assert f"aes_key_16.mac = {KEY}\n" in await (await office.get(f"/{MAC}.cfg", AGENT)).text()


async def test_the_boot_file_of_a_keyed_phone_stays_readable(office: Office) -> None:
    """It only names the configuration, and no guide says that phones decrypt it."""
    device, _ = await office.phone(MAC, "yealink")
    await office.set_layer(device.id, {"provisioning": {"encryption_key": KEY}})
    assert "include:config" in await (await office.get(f"/{MAC}.boot", AGENT)).text()


async def test_a_vendor_without_encryption_reports_the_key_and_serves_in_clear(office: Office) -> None:
    device, user = await office.phone("000413aabbcc", "snom")
    await office.set_layer(device.id, {"provisioning": {"encryption_key": KEY}})
    text = await (await office.get("/snomD785-000413AABBCC.htm")).text()
    assert user.sip_password in text
    assert KEY not in text


async def test_a_keyed_cisco_gets_what_openssl_of_its_guides_makes(office: Office) -> None:
    """And the rule that it keeps names the key, else it could not read its next file."""
    device, user = await office.phone("a44c11aabbcc", "cisco")
    await office.set_layer(device.id, {"provisioning": {"encryption_key": KEY}})
    agent = "Cisco-CP-8851-3PCC/12.0.1 (a44c11aabbcc)"
    body = await (await office.get(f"/p/{device.token}/a44c11aabbcc.xml", agent)).read()
    opened = subprocess.run(  # noqa: ASYNC221 - a test may wait
        ["openssl", "enc", "-d", "-aes-256-cbc", "-md", "md5", "-k", KEY], input=body, capture_output=True, check=True
    ).stdout.decode()
    assert f"<Password_1_>{user.sip_password}</Password_1_>" in opened
    assert f"<GPP_SA>{KEY}</GPP_SA>" in opened
    assert "<Profile_Rule>[--key $SA] http" in opened
