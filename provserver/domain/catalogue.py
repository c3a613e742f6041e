"""The vendor catalogue: looks up vendors by MAC, User-Agent, path or name."""

import re
from collections.abc import Iterable, Sequence

from provserver.domain.device import Device, DeviceType
from provserver.domain.file_rules import FileRule
from provserver.domain.patterns import PatternIndex
from provserver.domain.vendor import Vendor


class Askers:
    """The file rules that share one path pattern, such as `<mac>.cfg`, which phones of many vendors request."""

    def __init__(self, asking: Sequence[tuple[int, Vendor, FileRule]]) -> None:
        self.all = tuple(asking)
        self.common = tuple(one for one in asking if one[2].scope == "common")
        self.by_query_alone = all(rule.query for _, _, rule in asking)
        self.by_dialect: dict[str, list[tuple[int, Vendor, FileRule]]] = {}
        self.by_vendor: dict[str, list[tuple[int, Vendor, FileRule]]] = {}
        for one in asking:
            self.by_dialect.setdefault(one[1].dialect, []).append(one)
            self.by_vendor.setdefault(one[1].vendor, []).append(one)


def _askers(dialects: Iterable[Vendor]) -> list[tuple[re.Pattern[str], Askers]]:
    """Each distinct path pattern once, with its rules in catalogue order."""
    rules = ((one, rule) for one in dialects for rule in one.files)
    asking: dict[re.Pattern[str], list[tuple[int, Vendor, FileRule]]] = {}
    for place, (one, rule) in enumerate(rules):
        asking.setdefault(rule.pattern, []).append((place, one, rule))
    return [(pattern, Askers(found)) for pattern, found in asking.items()]


class Catalogue:
    """All vendors. `digest` changes with anything that a rendered file could depend on.

    `dialects`: the vendor files by name; a vendor with both desk phones and DECT systems has several.
    """

    def __init__(self, dialects: dict[str, Vendor], digest: str) -> None:
        self.dialects = dialects
        self.digest = digest
        blocks = [(one, *block) for one in dialects.values() for block in one.mac_prefixes.items()]
        owned_last = sorted(blocks, key=lambda block: not block[2].shared)
        self._prefixes = {prefix: dialect for dialect, prefix, _ in owned_last}
        # Shared sets instead of one per MAC block
        alone = {one.vendor: frozenset((one.vendor,)) for one in dialects.values()}
        self._vendors: dict[str, frozenset[str]] = {}
        for one, prefix, _ in blocks:
            having = self._vendors.get(prefix)
            self._vendors[prefix] = having | alone[one.vendor] if having else alone[one.vendor]
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self.subject_rules = tuple({rule for dialect in dialects.values() for rule in dialect.certificate})
        self.by_vendor: dict[str, list[Vendor]] = {}
        ordered = sorted(dialects.values(), key=lambda one: (one.dialect != one.vendor, not one.usual, one.dialect))
        for dialect in ordered:
            self.by_vendor.setdefault(dialect.vendor, []).append(dialect)
        self._names = {
            alias.casefold(): one.vendor for one in dialects.values() for alias in (one.vendor, *one.aliases)
        }

        self.file_patterns = PatternIndex(_askers(dialects.values()), whole=True)
        self.agent_patterns = PatternIndex(
            [(rule.pattern, one) for one in dialects.values() for rule in one.user_agents], whole=False
        )

    def vendor_named(self, name: str | None) -> str | None:
        """The vendor's canonical name for a name or alias in any case."""
        return self._names.get(name.casefold()) if name else None

    def dialects_of(self, name: str | None) -> list[Vendor]:
        """All vendor files of a vendor, given its name or an alias; the one named after the vendor comes first."""
        return self.by_vendor.get(self.vendor_named(name) or "", [])

    def dialect_named(self, name: str) -> Vendor | None:
        """The vendor file of that name; for a vendor name or alias, its first."""
        return self.dialects.get(name.casefold()) or next(iter(self.dialects_of(name)), None)

    def dialect_of(self, device: Device) -> Vendor | None:
        """The vendor file that configures this device, or the base of this handset."""
        if device.type is DeviceType.DECT_HANDSET:
            return self.dialect_for(device.vendor, DeviceType.DECT_BASE, None)
        if device.model is None and device.mac:
            block = self.by_mac(device.mac.bare)
            if block and (block.vendor, block.type) == (device.vendor, device.type):
                return block
        return self.dialect_for(device.vendor, device.type, device.model)

    def dialect_for(self, vendor: str | None, kind: DeviceType, model: str | None) -> Vendor | None:
        """The vendor file for this vendor, type and model, if any."""
        fitting = [dialect for dialect in self.dialects_of(vendor) if dialect.type is kind]
        return next((dialect for dialect in fitting if dialect.model_named(model)), next(iter(fitting), None))

    def by_mac(self, bare_mac: str) -> Vendor | None:
        """The vendor file whose block contains this MAC; the longest prefix wins."""
        for length in self._lengths:
            dialect = self._prefixes.get(bare_mac[:length])
            if dialect:
                return dialect
        return None

    def may_share(self, bare_mac: str, *vendors: str) -> bool:
        """Whether this MAC may belong to any of these vendors. True for a MAC in no known block."""
        having = [self._vendors.get(bare_mac[:length], frozenset()) for length in self._lengths]
        return not any(having) or set().union(*having).issuperset(vendors)

    def model_by_mac(self, bare_mac: str) -> str | None:
        """The model, if the MAC's block is used for a single model."""
        for length in self._lengths:
            dialect = self._prefixes.get(bare_mac[:length])
            if dialect:
                return dialect.mac_prefixes[bare_mac[:length]].model
        return None
