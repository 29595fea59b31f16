"""The card that every picture is drawn on. It knows nothing of what is drawn.

1280 x 960 pixels, one chart, the finding as the title, large text: a photo in a chat is about
300 points wide on a phone, where these 17 points become 9.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INCHES = (8.0, 6.0)
DOTS_PER_INCH = 160
BODY, TITLE = 17, 20
COLOUR_MAP = "viridis"


@dataclass(frozen=True)
class Theme:
    """The colours of a card; `mark` is what the eye must find first, `alarm` for alarms only."""

    card: str = "#17212B"
    ink: str = "#E6EDF3"
    pale: str = "#9FB0C0"
    quiet: str = "#2B3A48"
    mark: str = "#FFFFFF"
    alarm: str = "#E5534B"


DARK = Theme()
LIGHT = Theme(
    card="#FFFFFF", ink="#17212B", pale="#52616E", quiet="#D5DCE3", mark="#000000", alarm="#C62828"
)


@dataclass(frozen=True)
class Card:
    """A figure with its theme, title and footer; charts add their axes to `figure`."""

    figure: Figure
    theme: Theme

    def png(self) -> bytes:
        """Give the card as a PNG of exactly 1280 x 960 pixels."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor=self.theme.card)
        return file.getvalue()


def card(finding: str, footer: str, theme: Theme = DARK) -> Card:
    """Make an empty card: the finding at the top (at most two lines), the source at the bottom."""
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor=theme.card)
    FigureCanvasAgg(figure)
    figure.text(
        0.04, 0.955, finding, size=TITLE, color=theme.ink, weight="bold", va="top", linespacing=1.3
    )
    figure.text(0.04, 0.035, footer, size=BODY - 3, color=theme.pale, va="bottom")
    return Card(figure, theme)
