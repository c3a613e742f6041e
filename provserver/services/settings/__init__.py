"""The layers of settings: what may stand in one, and what is effective on a device and why."""
