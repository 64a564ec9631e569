"""The rows of a source, and what becomes of each: taken, taken with gaps, or refused."""

from dataclasses import dataclass, field
from enum import StrEnum, auto

from services.intake.directory_import.reasons import Reason


class Verdict(StrEnum):
    """What became of a row."""

    TAKEN = auto()
    TAKEN_WITH_GAPS = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Remark:
    """What is wrong with a row: a reason that is counted, of what it speaks, and what the row itself has there."""

    reason: Reason
    detail: str = ""
    of: str = ""


@dataclass(eq=False)
class Row:
    """One row of a source. `place` is where it stands in its file, such as "line 4"."""

    file: str
    place: str
    gaps: list[Remark] = field(default_factory=list)
    refusal: Remark | None = None
    owners: list["Row"] = field(default_factory=list)
    """The rows that this one only says more about, such as the services at a location."""

    @property
    def verdict(self) -> Verdict:
        """What became of it so far."""
        if self.refusal:
            return Verdict.REFUSED
        return Verdict.TAKEN_WITH_GAPS if self.gaps else Verdict.TAKEN

    def refuse(self, reason: Reason, detail: str = "", of: str = "") -> None:
        """It is not taken; the first reason stands."""
        self.refusal = self.refusal or Remark(reason, _on_one_line(detail), of)

    def has_gap(self, reason: Reason) -> bool:
        """Whether it is taken without this."""
        return any(gap.reason == reason for gap in self.gaps)

    def note(self, reason: Reason, detail: str = "", of: str = "") -> None:
        """It is taken without this. Said twice, it counts once."""
        remark = Remark(reason, _on_one_line(detail), of)
        if remark not in self.gaps:
            self.gaps.append(remark)


def _on_one_line(text: str) -> str:
    """What a source says is shown on a terminal: it must not move the cursor there, or look like a line of ours."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


@dataclass(frozen=True)
class ColumnUse:
    """What a column was taken for; an empty meaning is that it is not used."""

    file: str
    column: str
    meaning: str


def settle(rows: list[Row]) -> None:
    """Refuses rows that only say more about rows which were refused themselves."""
    for row in rows:
        if row.owners and all(owner.refusal for owner in row.owners):
            row.refuse(Reason.OWNER_REFUSED, f"{row.owners[0].file}, {row.owners[0].place}")
