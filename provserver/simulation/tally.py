"""Results of a simulated storm: counts and latencies that can be merged across processes."""

from collections import Counter
from math import ceil, log
from typing import Self

from pydantic import BaseModel, Field

_GROWTH = log(1.05)  # buckets grow by five per cent
_SMALLEST = 0.0001  # seconds; faster times are counted as this


class Latencies(BaseModel):
    """A histogram of times in seconds, with logarithmic buckets of five per cent from 0.1 ms."""

    buckets: dict[int, int] = Field(default_factory=dict)
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one time."""
        bucket = ceil(log(max(seconds, _SMALLEST) / _SMALLEST) / _GROWTH)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.longest = max(self.longest, seconds)

    def merge(self, other: "Latencies") -> None:
        """Add another histogram."""
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        self.longest = max(self.longest, other.longest)

    @property
    def count(self) -> int:
        """Number of times counted."""
        return sum(self.buckets.values())

    def quantile(self, share: float) -> float:
        """The `share` quantile (0 to 1) in seconds; 0 if empty."""
        wanted, seen = share * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return float(min(_SMALLEST * 1.05**bucket, self.longest))
        return 0.0


class VendorTally(BaseModel):
    """The results for one vendor."""

    boots: int = 0
    failed: int = 0
    latencies: Latencies = Field(default_factory=Latencies)


class Tally(BaseModel):
    """The results of one round. `seconds`: responses by the second of arrival, from the start.

    `failures`: why phones gave up. `statuses`: responses by status, including `timeout`, `no connection` and `bad
    certificate`. `steady_after`: seconds until the last phone had booted or given up.
    """

    boots: int = 0
    booted: int = 0
    retries: int = 0
    failures: dict[str, int] = Field(default_factory=dict)
    statuses: dict[str, int] = Field(default_factory=dict)
    latencies: Latencies = Field(default_factory=Latencies)
    seconds: dict[int, Latencies] = Field(default_factory=dict)
    vendors: dict[str, VendorTally] = Field(default_factory=dict)
    steady_after: float = 0.0

    def answered(self, vendor: str, status: str, took: float, at: float) -> None:
        """Count one request, with its result, duration and time in seconds."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        for latencies in (self.latencies, self._second(int(at)), self._vendor(vendor).latencies):
            latencies.add(took)

    def ended(self, vendor: str, failure: str | None, retries: int, at: float) -> None:
        """Count one boot. `failure`: why the phone gave up; None on success."""
        own = self._vendor(vendor)
        own.boots += 1
        self.boots += 1
        self.retries += retries
        self.steady_after = max(self.steady_after, at)
        if failure is None:
            self.booted += 1
        else:
            own.failed += 1
            self.failures[failure] = self.failures.get(failure, 0) + 1

    def merge(self, other: Self) -> None:
        """Add the results of another process."""
        self.boots += other.boots
        self.booted += other.booted
        self.retries += other.retries
        self.failures = dict(Counter(self.failures) + Counter(other.failures))
        self.statuses = dict(Counter(self.statuses) + Counter(other.statuses))
        self.latencies.merge(other.latencies)
        for second, latencies in other.seconds.items():
            self._second(second).merge(latencies)
        for name, vendor in other.vendors.items():
            own = self._vendor(name)
            own.boots += vendor.boots
            own.failed += vendor.failed
            own.latencies.merge(vendor.latencies)
        self.steady_after = max(self.steady_after, other.steady_after)

    def _second(self, second: int) -> Latencies:
        if second not in self.seconds:
            self.seconds[second] = Latencies()
        return self.seconds[second]

    def _vendor(self, name: str) -> VendorTally:
        if name not in self.vendors:
            self.vendors[name] = VendorTally()
        return self.vendors[name]
