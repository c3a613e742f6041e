"""Usage is told from counts that are kept as things change. It must be what looking at everything would tell."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

from sqlalchemy import select

from provserver.api.face import ApiFace
from provserver.domain.device import Event
from provserver.store.contacts import Contact
from provserver.store.schema import devices, provisioned_spans
from tests.api.client import Client, Clock

_ACTS = 45


@dataclass
class _Operator:
    """Does what people and phones do, and notes who is on what, and who has been on it when it was provisioned."""

    api: Client
    face: ApiFace
    clock: Clock
    chance: random.Random
    base: str = ""
    phones: list[str] = field(default_factory=list)
    handsets: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    on: set[tuple[str, str]] = field(default_factory=set)
    counting: set[tuple[str, str]] = field(default_factory=set)

    async def begin(self) -> None:
        """Two phones, a base with two handsets, three users."""
        self.base = await self.api.device(
            type="dect_base", mac_address=f"000413{self.chance.randrange(16**6):06x}", model="M900"
        )
        for _ in range(2):
            await self._more_phones()
            await self._more_handsets()
        self.users = [(await self.api.user())["id"] for _ in range(3)]

    async def act(self) -> None:
        """One thing, some time after the last."""
        self.clock.turn(seconds=self.chance.randint(0, 90))
        acts = [self.assign] * 6 + [self.fetch] * 4 + [self.unassign] * 3 + [self.swap_device, self.swap_user]
        await self.chance.choice(acts)()

    async def assign(self) -> None:
        pairs = {(device, user) for device in self.phones + self.handsets for user in self.users}
        free = [pair for pair in sorted(pairs - self.on) if pair[0] in self.phones or not self._lines(pair[0])]
        if free:
            device, user = self.chance.choice(free)
            await self.api.post(f"/v1/devices/{device}/users", {"user_id": user}, expect=201)
            self.on.add((device, user))
            if (await self.api.get(f"/v1/devices/{device}"))["status"] == "provisioned":
                self.counting.add((device, user))

    async def unassign(self) -> None:
        if self.on:
            device, user = self.chance.choice(sorted(self.on))
            await self.api.delete(f"/v1/devices/{device}/users/{user}")
            self._gone({(device, user)})

    async def fetch(self) -> None:
        """By a phone or the base; told up to two minutes late, as when the database had been away."""
        device = self.chance.choice([*self.phones, self.base])
        async with self.face.database.read() as conn:
            column = devices.c
            told = (await conn.execute(select(column.id, column.revision).where(column.base_id == device))).all()
        at = self.clock.now - timedelta(seconds=self.chance.choice([0, 0, 120]))
        account, identifier = self.api.account or "", self.face.sources.new_id("evt")
        handsets = tuple((row.id, row.revision) for row in told)
        contact = Contact(
            device_id=device,
            account_id=account,
            source_ip="192.0.2.7",
            provisions=True,
            stamp="s",
            etag='"e"',
            base_url="http://x",
            at=at,
            event=Event(id=identifier, account_id=account, device_id=device, type="config_fetch", created_at=at),
            handsets=handsets,
        )
        self.face.contacts.submit(contact)
        await self.face.contacts.flush()
        self.counting |= {pair for pair in self.on if pair[0] == device or pair[0] in dict(handsets)}

    async def swap_device(self) -> None:
        some, more = self.chance.choice([(self.phones, self._more_phones), (self.handsets, self._more_handsets)])
        gone = some.pop(0)
        await self.api.delete(f"/v1/devices/{gone}")
        self._gone(self._lines(gone))
        await more()

    async def swap_user(self) -> None:
        gone = self.users.pop(0)
        await self.api.delete(f"/v1/users/{gone}")
        self._gone({pair for pair in self.on if pair[1] == gone})
        self.users.append((await self.api.user())["id"])

    async def _more_phones(self) -> None:
        self.phones.append(await self.api.phone(f"020001aa{self.chance.randrange(16**4):04x}"))

    async def _more_handsets(self) -> None:
        ipei = f"0328A{self.chance.randrange(16**5):05X}"
        self.handsets.append(await self.api.device(ipei=ipei, base_id=self.base))

    def _lines(self, device: str) -> set[tuple[str, str]]:
        return {pair for pair in self.on if pair[0] == device}

    def _gone(self, pairs: set[tuple[str, str]]) -> None:
        self.on -= pairs
        self.counting -= pairs


async def test_whatever_people_and_phones_do_usage_is_what_looking_at_everything_tells(
    platform: Client, api: Client, face: ApiFace, clock: Clock
) -> None:
    """Who is billed by it would see counts that drift apart from what has happened as a wrong bill."""
    chance = random.Random(20261126)  # noqa: S311 - the same for every run
    other = api.acting_in((await platform.post("/v1/accounts", {"name": "Other"}, expect=201))["id"])
    ours, theirs = (_Operator(one, face, clock, chance) for one in (api, other))
    await ours.begin()
    await theirs.begin()
    moments = [clock.now]
    for number in range(_ACTS):
        await (theirs if number % 4 == 3 else ours).act()
        if number == 2 * _ACTS // 3:
            await platform.delete(f"/v1/accounts/{other.account}")
            theirs = ours
        if number % 9 == 8:
            moments.append(clock.now)
            expected = len({user for _, user in ours.counting})
            clock.turn(seconds=1)
            assert await _told(api, clock.now, clock.now + timedelta(hours=1)) == (
                {api.account: expected} if expected else {}
            )
    for since, until in combinations([*moments, clock.now + timedelta(hours=1)], 2):
        assert await _told(platform, since, until) == await _looked_up(face, since, until)
    assert len(ours.counting) > 1


async def _told(client: Client, since: datetime, until: datetime) -> dict[str | None, int]:
    span = f"from={since:%Y-%m-%dT%H:%M:%S.%fZ}&to={until:%Y-%m-%dT%H:%M:%S.%fZ}"
    rows = (await client.get(f"/v1/usage?{span}"))["data"]
    return {row["account_id"]: row["provisioned_users"] for row in rows if row["provisioned_users"]}


async def _looked_up(face: ApiFace, since: datetime, until: datetime) -> dict[str | None, int]:
    users: dict[str | None, set[str]] = {}
    async with face.database.read() as conn:
        for span in await conn.execute(select(provisioned_spans)):
            if span.started_at < until and (span.ended_at is None or span.ended_at > since):
                users.setdefault(span.account_id, set()).add(span.user_id)
    return {account: len(some) for account, some in users.items()}
