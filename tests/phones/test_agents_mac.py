"""Factory-new phones whose first file has no MAC in its name, but in their User-Agent."""

from tests.phones.conftest import Office

AGENT = "Cisco-CP-8851-3PCC/12.0.1 ({mac})"


async def test_a_new_cisco_gets_its_own_configuration_by_the_name_of_its_model(office: Office) -> None:
    """It is at work at once, and knows from then on the folder that is its own."""
    device, user = await office.phone("a44c11aabbcc", "cisco")
    text = await (await office.get("/8851-3PCC.xml", AGENT.format(mac="a44c11aabbcc"))).text()
    assert f"<Password_1_>{user.sip_password}</Password_1_>" in text
    assert f"/p/{device.token}/a44c11aabbcc.xml</Profile_Rule>" in text
    assert (await office.stored(device)).model == "8851"


async def test_whoever_does_not_tell_whose_phone_it_is_gets_nothing(office: Office) -> None:
    await office.phone("a44c11aabbcc", "cisco")
    for agent in ("Cisco-CP-8851-3PCC/12.0.1", AGENT.format(mac="a44c11aabbcd"), None):
        assert (await office.get("/8851-3PCC.xml", agent)).status == 404
