"""Check-sync: phones are told to fetch their configuration anew, one by one or as a job."""
