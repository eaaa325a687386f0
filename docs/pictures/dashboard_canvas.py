"""What the sketch of the dashboard is drawn with: colours, and boxes measured in inches from the top left."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

INK, FAINT, LINE, PAPER = "#1f2937", "#6b7280", "#d7dbe2", "#f3f4f6"
BLUE, LIGHT, RED, AMBER, GREEN, PURPLE = "#3b82c4", "#a9cbe8", "#d64545", "#e2a01c", "#2f9e6e", "#8b5cf6"


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page, in inches from its top left."""

    axes: Axes
    x: float
    y: float
    width: float
    height: float

    def within(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """What is left of it without margins."""
        return Box(self.axes, self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)

    def text(self, x: float, y: float, words: str, size: float = 6.5, **how: Any) -> None:
        """Words, so many inches from its top left."""
        how.setdefault("va", "top")
        how.setdefault("color", INK)
        self.axes.text(self.x + x, self.y + y, words, fontsize=size, **how)

    def line(self, xs: Any, ys: Any, **how: Any) -> None:
        """A line through parts of its width and height, from the bottom left."""
        self.axes.plot(self.x + np.asarray(xs) * self.width, self.y + (1 - np.asarray(ys)) * self.height, **how)

    def bars(self, xs: Any, bottoms: Any, tops: Any, color: str) -> None:
        """Bars between parts of its height."""
        wide = self.width * 0.72 / len(xs)
        for x, low, high in zip(xs, bottoms, tops, strict=True):
            left, top = self.x + x * self.width, self.y + (1 - high) * self.height
            self.axes.add_patch(Rectangle((left, top), wide, (high - low) * self.height, color=color, lw=0))

    def card(self, color: str, edge: str = LINE) -> None:
        """Fill it, with round corners."""
        self.axes.add_patch(
            FancyBboxPatch(
                (self.x, self.y),
                self.width,
                self.height,
                boxstyle="round,pad=0,rounding_size=0.05",
                facecolor=color,
                edgecolor=edge,
                linewidth=0.7,
            )
        )
