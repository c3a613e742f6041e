"""Types of command options, validated before the command starts."""

from math import isfinite
from pathlib import Path
from typing import Any

import click

from provserver.domain.texts import check_url


class ServerUrl(click.ParamType[str]):
    """A server URL, without a trailing slash."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Validate; fails unless it is an HTTP URL."""
        try:
            url = check_url(str(value))
        except ValueError as error:
            self.fail(f"{value} {error}", param, ctx)
        if not url.startswith(("http://", "https://")):
            self.fail(f"{value} is not an http or https URL", param, ctx)
        return url.rstrip("/")


class Seconds(click.FloatRange):
    """A finite number of seconds; click would accept `nan`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Validate; fails unless it is a number in the range."""
        seconds = super().convert(value, param, ctx)
        if not isfinite(seconds):
            self.fail(f"{value} is no time in seconds", param, ctx)
        return seconds


class ReportFile(click.Path):
    """A file written at the end. It is checked first; its present content stays until then."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Validate; fails if the file is not writable."""
        super().convert(value, param, ctx)
        path = Path(value)
        existed = path.exists()
        try:
            path.open("a").close()
        except OSError as error:
            self.fail(f"{path} cannot be written: {error.strerror}", param, ctx)
        if not existed:
            path.unlink()
        return path
