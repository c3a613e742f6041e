"""All tables. Changes need a migration; a test compares the two.

Unique constraints over nullable columns rely on NULLs being distinct, which holds in all supported databases.
"""

from provserver.store.schema.accounts import accounts, api_keys, files, settings_layers, user_terms, users
from provserver.store.schema.columns import metadata
from provserver.store.schema.devices import assignments, burnt_tokens, devices, search_terms
from provserver.store.schema.jobs import check_sync_job_counts, check_sync_job_devices, check_sync_jobs
from provserver.store.schema.keys import button_templates, buttons
from provserver.store.schema.traces import (
    audit,
    blocked_sources,
    events,
    idempotency_keys,
    late_events,
    unknown_devices,
)
from provserver.store.schema.usage import provisioned_spans, usage_absences, usage_steps, usage_totals

__all__ = [
    "accounts",
    "api_keys",
    "assignments",
    "audit",
    "blocked_sources",
    "burnt_tokens",
    "button_templates",
    "buttons",
    "check_sync_job_counts",
    "check_sync_job_devices",
    "check_sync_jobs",
    "devices",
    "events",
    "files",
    "idempotency_keys",
    "late_events",
    "metadata",
    "provisioned_spans",
    "search_terms",
    "settings_layers",
    "unknown_devices",
    "usage_absences",
    "usage_steps",
    "usage_totals",
    "user_terms",
    "users",
]
