"""What the phone listener counts."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class PhoneMetrics:
    """Requests by vendor and status, and how long they took in seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "provserver_phone_requests", "Requests of phones", ["vendor", "status"], registry=registry
        )
        self._by_labels: dict[tuple[str, int], Counter] = {}
        self._seconds = Histogram(
            "provserver_phone_request_seconds",
            "Time to answer a phone",
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )
        self.shed = Counter("provserver_contacts_shed", "Contacts and events not kept in overload", registry=registry)

    def answered(self, vendor: str | None, status: int, seconds: float) -> None:
        """Count one request."""
        labels = vendor or "unknown", status
        counter = self._by_labels.get(labels)
        if counter is None:
            counter = self._by_labels[labels] = self._requests.labels(*labels)
        counter.inc()
        self._seconds.observe(seconds)
