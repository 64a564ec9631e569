"""The notes that the partner reads who was awarded a need: they are to say nothing of who the family is."""

from services.intake.domain.need import EnteredNeed, NotPossible
from services.intake.domain.telltales import Telltale, find_telltales


class TellsWhoTheyAre(NotPossible):
    """The notes may say who the family is. `found` is what looks so; the text names its kinds and never itself."""

    def __init__(self, found: tuple[Telltale, ...]) -> None:
        kinds = ", ".join(dict.fromkeys(one.kind.value for one in found))
        super().__init__(
            "family.partner_notes",
            f"this may say who they are ({kinds}); take it out, or send partner_notes_checked: true to keep it so",
        )
        self.found = found


def check_partner_notes(entered: EnteredNeed) -> None:
    """Raises TellsWhoTheyAre, unless somebody has looked at the notes and wants them so."""
    found = find_telltales(entered.family.partner_notes or "", entered.family.name)
    if found and not entered.partner_notes_checked:
        raise TellsWhoTheyAre(found)
