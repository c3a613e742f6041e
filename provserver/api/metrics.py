"""Prometheus metrics of the API."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram


class ApiMetrics:
    """Requests by route and status, and their duration."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "provserver_api_requests", "API requests", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "provserver_api_request_seconds", "Duration of API requests", ["route", "method"], registry=registry
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a response. `route` is the pattern. Unusual methods are counted as one."""
        known = method if method in ("GET", "POST", "DELETE", "HEAD") else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route, known).observe(seconds)


METRICS = web.AppKey("metrics", ApiMetrics)
