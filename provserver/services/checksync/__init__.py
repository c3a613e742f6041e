"""Check-sync: telling phones to fetch their configuration, individually or as a job."""
