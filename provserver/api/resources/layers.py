"""Settings layers: defaults, platform, account, and their schema."""

from typing import Any

from pydantic import RootModel

from provserver.api.call import Answer, Call
from provserver.api.models.layers import SharedLayer, ShownLayer
from provserver.domain.defaults import GLOBAL_DEFAULTS
from provserver.services.settings import layers
from provserver.services.settings.coverage import settings_schema
from provserver.services.settings.masking import masked_abstractions


class Schema(RootModel[dict[str, Any]]):
    """A JSON Schema."""


async def defaults(_: Call[None, None]) -> Answer:
    """The global defaults."""
    return Answer(200, ShownLayer(abstractions=masked_abstractions(GLOBAL_DEFAULTS), vendor_overrides={}))


async def schema(call: Call[None, None]) -> Answer:
    """JSON Schema of `abstractions`, with the coverage per vendor."""
    return Answer(200, Schema(settings_schema(call.face.catalogue)))


async def get_platform(call: Call[None, None]) -> Answer:
    """The platform's layer."""
    return await _get(call, None)


async def update_platform(call: Call[None, SharedLayer]) -> Answer:
    """Change the platform's layer."""
    return await _update(call, None)


async def get_account(call: Call[None, None]) -> Answer:
    """The account's layer."""
    return await _get(call, call.account.id)


async def update_account(call: Call[None, SharedLayer]) -> Answer:
    """Change the account's layer."""
    return await _update(call, call.account.id)


async def _get(call: Call[None, None], account_id: str | None) -> Answer:
    async with call.read() as conn:
        layer = await layers.shared_layer(conn, call.face.database.sealer, call.face.catalogue, account_id)
    return Answer(200, ShownLayer(**layer))


async def _update(call: Call[None, SharedLayer], account_id: str | None) -> Answer:
    async with call.write() as change:
        layer = await layers.patch_shared_layer(change, call.face.catalogue, account_id, call.body.patch())
    return Answer(200, ShownLayer(**layer))
