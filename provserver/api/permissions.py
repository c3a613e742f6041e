"""Permissions of keys: which routes, and whether it may write."""

from provserver.api.authentication import ACCOUNT_HEADER, Caller
from provserver.api.route import Route
from provserver.domain.errors import Forbidden, Invalid


def check_permission(caller: Caller, route: Route) -> None:
    """Raise `Forbidden` if the key lacks permission, or `Invalid` if the account header is missing."""
    if route.scope == "platform" and not caller.is_platform:
        raise Forbidden("this takes a platform key", code="platform_key_required")
    if caller.key.provisioning_only and not route.is_provisioning:
        raise Forbidden("this key is for devices only", code="provisioning_only_key")
    if route.writes and caller.key.read_only:
        raise Forbidden("this key can only read", code="read_only_key")
    if route.scope == "account" and caller.account is None:
        reason = f"name the account with the header {ACCOUNT_HEADER}"
        raise Invalid(reason, code="account_required", details={ACCOUNT_HEADER: "is missing"})
