"""The notes that the partner reads who was awarded a need: they are to say nothing of who the family is."""

from services.intake.domain.need import EnteredNeed, NotPossible
from services.intake.domain.telltales import Kind, Telltale, find_telltales

_REACHES_THEM = {Kind.PHONE, Kind.EMAIL, Kind.ADDRESS}
"""What a link alone must not show, whoever wants it so. The others may be a color ("rose") or a size."""


class TellsWhoTheyAre(NotPossible):
    """The notes may say who the family is. `found` is what looks so; the text names its kinds and never itself."""

    def __init__(self, found: tuple[Telltale, ...]) -> None:
        kinds = ", ".join(dict.fromkeys(one.kind.value for one in found))
        self.may_stay = not any(one.kind in _REACHES_THEM for one in found)
        way_out = "take it out, or send partner_notes_checked: true to keep it so" if self.may_stay else "take it out"
        super().__init__("family.partner_notes", f"this may say who they are ({kinds}); {way_out}")
        self.found = found


def check_partner_notes(entered: EnteredNeed) -> None:
    """Raises TellsWhoTheyAre, unless somebody has looked at the notes, wants them so, and they lead to nobody."""
    found = find_telltales(entered.family.partner_notes or "", entered.family.name)
    if entered.partner_notes_checked:
        found = tuple(one for one in found if one.kind in _REACHES_THEM)
    if found:
        raise TellsWhoTheyAre(found)
