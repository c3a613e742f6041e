"""When each phone of a fleet begins to boot. Pure."""

from math import sqrt
from typing import Literal, get_args

Shape = Literal["burst", "ramp", "steady"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


def arrivals(shape: Shape, count: int, seconds: float) -> list[float]:
    """Seconds after the start at which phone 0, 1, ... begins, in ascending order.

    `burst`: all at once, as after a power cut. `steady`: evenly over `seconds`. `ramp`: over `seconds` at a rate that
    grows from nothing, as lights come back street by street.
    """
    match shape:
        case "burst":
            return [0.0] * count
        case "steady":
            return [seconds * number / count for number in range(count)]
        case "ramp":
            return [seconds * sqrt(number / count) for number in range(count)]
