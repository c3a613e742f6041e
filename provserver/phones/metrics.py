"""Prometheus metrics of the phone listener."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class PhoneMetrics:
    """Requests by vendor and status, their duration in seconds, and the state of the contact queue."""

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
        self._survived = Counter(
            "provserver_phone_files_without_database", "Files served while the database was away", registry=registry
        )
        self.waiting = Gauge("provserver_contacts_waiting", "Contacts and events to be written", registry=registry)
        self.shed = Counter("provserver_contacts_shed", "Contacts and events not kept in overload", registry=registry)
        self.unknown_shed = Counter(
            "provserver_unknown_devices_shed", "Requests of unknown devices not kept in overload", registry=registry
        )

    def survived(self) -> None:
        """Count a file served while the database was unreachable."""
        self._survived.inc()

    def answered(self, vendor: str | None, status: int, seconds: float) -> None:
        """Count a request. `seconds`: its duration."""
        labels = vendor or "unknown", status
        counter = self._by_labels.get(labels)
        if counter is None:
            counter = self._by_labels[labels] = self._requests.labels(*labels)
        counter.inc()
        self._seconds.observe(seconds)
