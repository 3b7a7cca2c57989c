"""How much is measured: a full run for the record, a quick one to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`rounds` are repeated and their median is taken; counts are multiplied by `share`."""

    rounds: int
    share: float

    def of(self, count: int) -> int:
        """The count for this scale."""
        return max(1, round(count * self.share))


FULL = Scale(rounds=5, share=1)
QUICK = Scale(rounds=1, share=0.1)
