"""What the devstack says in a terminal: plain lines, coloured only where a person looks."""

import os
import sys
from threading import Lock

_COLOURS = {"green": "32", "red": "31", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}
_LABEL_WIDTH = 40


class Console:
    """Writes lines to standard output, from any thread."""

    def __init__(self) -> None:
        """Colour on a terminal, unless `NO_COLOR` is set."""
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        encoding = (sys.stdout.encoding or "ascii").lower()
        self._signs = {"ok": "✓", "bad": "✗", "skip": "·", "note": "!"}
        if not encoding.startswith("utf"):
            self._signs = {"ok": "ok", "bad": "FAILED", "skip": "-", "note": "!"}
        self._lock = Lock()

    def paint(self, colour: str, text: str) -> str:
        """`text` in a colour, where colours are wanted."""
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if self._colour else text

    def line(self, text: str = "") -> None:
        """One line."""
        with self._lock:
            encoding = sys.stdout.encoding or "ascii"
            print(text.encode(encoding, "replace").decode(encoding), flush=True)

    def title(self, text: str, detail: str = "") -> None:
        """What begins here."""
        self.line()
        self.line(f"  {self.paint('bold', text)}  {self.paint('dim', detail)}".rstrip())
        self.line()

    def done(self, label: str, detail: str = "", seconds: float | None = None, width: int = _LABEL_WIDTH) -> None:
        """A step that went well."""
        self._step("ok", "green", label, detail, seconds, width)

    def skipped(self, label: str, why: str, width: int = _LABEL_WIDTH) -> None:
        """A step that could not be taken here, and why."""
        self._step("skip", "dim", label, why, None, width)

    def failed(self, label: str, why: str, width: int = _LABEL_WIDTH) -> None:
        """A step that went wrong, and how."""
        self._step("bad", "red", label, why, None, width)

    def note(self, text: str) -> None:
        """Something worth knowing that happened by itself."""
        self.line(f"  {self.paint('yellow', self._signs['note'])} {text}")

    def _step(self, sign: str, colour: str, label: str, detail: str, seconds: float | None, width: int) -> None:
        took = f"  {self.paint('dim', duration(seconds))}" if seconds is not None else ""
        self.line(f"  {self.paint(colour, self._signs[sign])} {label:<{width}}  {detail}{took}".rstrip())


def duration(seconds: float) -> str:
    """`12 ms` below a second, else `1.2 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
