"""Turns a fetch into a contact and an event, and collects sightings of unknown MACs."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceStatus, Event, UnknownDevice
from provserver.domain.errors import ProvserverError, StoreUnavailable
from provserver.domain.identify import Claim
from provserver.domain.ids import Series
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.document_cache import Rendered
from provserver.services.fetching.record_cache import RecordCache
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.fetching.visits import PhoneRequest, Visit
from provserver.services.settings.effective import stamp_of
from provserver.services.sources import Sources
from provserver.store.contacts import Contact, record_after
from provserver.store.repeat_contacts import NOT_MODIFIED, RepeatContact, Trace
from provserver.store.types import micros_of

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Builds contacts and events from visits and submits them. HEAD requests are not recorded."""

    catalogue: Catalogue
    records: RecordCache
    contacts: ContactWriter
    unknown_devices: UnknownDevices
    sources: Sources
    event_ids: Series

    async def served(self, visit: Visit, rendered: Rendered, *, not_modified: bool) -> bool:
        """Record a served file or a 304. Returns True if there was nothing to record but time and address.

        Raises `WindowTaken` if the file must not be sent after all.
        """
        event = self._event_of(visit, rendered, visit.request.request_id, not_modified=not_modified)
        contact = self._contact(visit, event, rendered)
        await self._leave(visit, contact)
        return contact.is_quiet and not event.details

    def trace(self, visit: Visit, rendered: Rendered) -> Trace:
        """What a repeat of this request will record, precomputed for the request cache."""
        event = self._event_of(visit, rendered, "", not_modified=False)
        return Trace(
            device_id=visit.device.id,
            account_id=visit.device.account_id,
            type=event.type,
            source_ip=visit.request.source,
            user_agent=event.user_agent or "",
            file=event.file,
            status=event.status or 0,
            bytes=event.bytes or 0,
            proof=event.proof,
            provisions=visit.match.rule.provisions,
        )

    def seen(self, trace: Trace, request_id: str, at: datetime) -> None:
        """Record a repeat served from a cache."""
        micros = micros_of(at)
        self.contacts.submit(RepeatContact(trace, micros, self.event_ids.next(micros), request_id))

    async def failed(self, visit: Visit, error: ProvserverError) -> None:
        """Record a rendering failure as an event of the device."""
        event = self._event(visit, "config_error", 500, visit.request.request_id, error=error.message)
        await self._leave(visit, self._contact(visit, event, None))

    async def only_recognised(self, visit: Visit, reason: str) -> None:
        """Record a phone of a model that is recognised but gets no files.

        Files for another model would only look right.
        """
        error = f"{visit.device.model} is recognised but cannot be configured: {reason}"
        event = self._event(visit, "config_error", 404, visit.request.request_id, error=error)
        await self._leave(visit, self._contact(visit, event, None))

    def refused(self, visit: Visit, why: str) -> None:
        """Record a request with the MAC of a known device that failed authentication."""
        if visit.request.leaves_traces:
            status = 401 if visit.claim.challenged else 404
            self.contacts.submit(self._event(visit, "auth_failed", status, visit.request.request_id, reason=why))

    def unknown(self, request: PhoneRequest, claim: Claim) -> None:
        """Record an unknown MAC, but only if the file name is one that phones ask for."""
        if claim.mac is None or not claim.fits or not request.leaves_traces:
            return
        now, agent = self.sources.now(), claim.agent
        by_mac = self.catalogue.by_mac(claim.mac.bare)
        self.unknown_devices.saw(
            UnknownDevice(
                mac=claim.mac,
                vendor=agent.vendor if agent else (by_mac.vendor if by_mac else None),
                model=agent.model if agent else claim.matches[0].model,
                source_ip=request.source,
                first_seen_at=now,
                last_seen_at=now,
                count=1,
            )
        )

    async def _leave(self, visit: Visit, contact: Contact) -> None:
        """Submit the contact; a change of the device must be durable before the phone gets its answer."""
        if not visit.request.leaves_traces:
            return
        first = contact.provisions and visit.record.device.status is DeviceStatus.PENDING_SYNC
        if first or contact.pin_address or contact.changes_device:
            if visit.stale_for is not None:
                raise StoreUnavailable("the database is away, and this fetch changes the device")
            await self.contacts.submit_durably(contact)
            claim, record = visit.claim, visit.record
            self.records.changed(claim.mac, claim.token, record, record_after(record, contact))
        else:
            self.contacts.submit(contact)

    def _contact(self, visit: Visit, event: Event, rendered: Rendered | None) -> Contact:
        before, device, stamp = visit.record.device, visit.device, stamp_of(visit.record, self.catalogue, visit.at)
        provisions = rendered is not None and visit.match.rule.provisions
        etag, url = rendered.document.etag if rendered else None, visit.request.public_url
        fetched = before.fetched_stamp, before.fetched_etag, before.fetched_base_url
        return Contact(
            device_id=device.id,
            account_id=device.account_id,
            at=event.created_at,
            source_ip=visit.request.source,
            type=device.type if device.type is not before.type else None,
            vendor=device.vendor if device.vendor != before.vendor else None,
            model=device.model if device.model != before.model else None,
            firmware=device.firmware_version if device.firmware_version != before.firmware_version else None,
            etag=etag if provisions else None,
            stamp=stamp if provisions else None,
            base_url=url if provisions else None,
            provisions=provisions,
            known=before.status is DeviceStatus.PROVISIONED and fetched == (stamp, etag, url),
            pin_address=visit.request.source if rendered and visit.verdict.pins_window else None,
            close_window=provisions and visit.verdict.ends_window,
            shown_token_hash=visit.record.token_hash if provisions and visit.verdict.ends_overlap else None,
            handsets=rendered.handsets if rendered and provisions and stamp != before.fetched_stamp else (),
            detected=self._detected(visit, event),
            event=event,
        )

    def _detected(self, visit: Visit, fetch: Event) -> Event | None:
        """The `model_detected` event for a phone that reports another model, vendor or type than recorded."""
        before, device = visit.record.device, visit.device
        told = {name: getattr(device, name) for name in ("vendor", "type", "model")}
        changed = {name: getattr(before, name) for name, value in told.items() if getattr(before, name) != value}
        if not changed:
            return None
        at = fetch.created_at - timedelta(milliseconds=1)
        details = {**told, "firmware_version": device.firmware_version, "before": changed}
        seen = replace(fetch, id=self.sources.new_id("evt", at), type="model_detected", created_at=at, details=details)
        return replace(seen, status=None, bytes=None, proof=None)

    def _event_of(self, visit: Visit, rendered: Rendered, request_id: str, *, not_modified: bool) -> Event:
        if not_modified:
            return self._event(visit, NOT_MODIFIED, 304, request_id)
        kind = "config_fetch" if visit.match.rule.provisions else "file_fetch"
        return self._event(visit, kind, 200, request_id, size=len(rendered.document.body))

    def _event(self, visit: Visit, kind: str, status: int, request_id: str, *, size: int = 0, **told: str) -> Event:
        request, device, now = visit.request, visit.device, self.sources.now()
        return Event(
            id=self.sources.new_id("evt", now),
            account_id=device.account_id,
            device_id=device.id,
            type=kind,
            created_at=now,
            source_ip=request.source,
            user_agent=request.user_agent[:512],
            file=visit.claim.file,
            status=status,
            bytes=size,
            proof=visit.verdict.proof,
            request_id=request_id,
            details={**told, **_told_by(visit)},
        )


def _told_by(visit: Visit) -> dict[str, Any]:
    """Event details about the check-sync that this fetch responds to, if it is the first one since the NOTIFY."""
    device = visit.record.device
    told = device.notified_at
    if told is None or not visit.match.rule.provisions or (device.last_provisioned_at or _NEVER) >= told:
        return {}
    return {"notified_at": told.isoformat().replace("+00:00", "Z"), "notified_event": device.notified_event}
