"""When each phone of a fleet starts to boot. Pure."""

from math import sqrt
from typing import Literal, get_args

Shape = Literal["burst", "ramp", "steady"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


def arrivals(shape: Shape, count: int, seconds: float) -> list[float]:
    """Start times in seconds of phones 0, 1, ..., ascending.

    `burst`: all at once, as after a power cut. `steady`: evenly over `seconds`. `ramp`: over `seconds`, at a rate
    growing from zero, as when power returns street by street.
    """
    match shape:
        case "burst":
            return [0.0] * count
        case "steady":
            return [seconds * number / count for number in range(count)]
        case "ramp":
            return [seconds * sqrt(number / count) for number in range(count)]
