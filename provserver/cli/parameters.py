"""What options of commands take, checked before anything is begun."""

from math import isfinite
from pathlib import Path
from typing import Any

import click

from provserver.domain.texts import check_url


class ServerUrl(click.ParamType[str]):
    """The address of a server, without a slash at its end."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Fails for what is no HTTP URL."""
        try:
            url = check_url(str(value))
        except ValueError as error:
            self.fail(f"{value} {error}", param, ctx)
        if not url.startswith(("http://", "https://")):
            self.fail(f"{value} is not an http or https URL", param, ctx)
        return url.rstrip("/")


class Seconds(click.FloatRange):
    """A time that comes to an end: click lets `nan` pass, which is in no range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Fails for what is no number of seconds within the range."""
        seconds = super().convert(value, param, ctx)
        if not isfinite(seconds):
            self.fail(f"{value} is no time in seconds", param, ctx)
        return seconds


class ReportFile(click.Path):
    """A file to write at the end: that it cannot be is told before the work, and what is in it stays until then."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Fails for a file that cannot be written."""
        super().convert(value, param, ctx)
        path = Path(value)
        try:
            path.open("a").close()
        except OSError as error:
            self.fail(f"{path} cannot be written: {error.strerror}", param, ctx)
        return path
