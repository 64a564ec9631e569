"""What a source says, as a tree: an organization, its services, and what is said about them, in the source's words."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.intake.directory_import.rows import Row

_NOTHING = frozenset({"", "n/a", "na", "none", "null", "-", "--", "unknown", "tbd"})


@dataclass(eq=False)
class Node:
    """One thing, with what is said of it by HSDS's names (or ours, where HSDS has none), and the things below it."""

    row: Row
    fields: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list["Node"]] = field(default_factory=dict)

    def says(self, *names: str) -> str:
        """The first of these fields that says something; empty where none does."""
        for name in names:
            value = self.fields.get(name, "").strip()
            if value.casefold() not in _NOTHING:
                return value
        return ""

    def add(self, part: str, node: "Node") -> None:
        """Hangs a thing below this one."""
        self.parts.setdefault(part, []).append(node)

    def below(self, part: str) -> list["Node"]:
        """The things of a kind right below."""
        return self.parts.get(part, [])

    def locations(self) -> Iterator["Node"]:
        """Its own locations, and those that a service is given at."""
        yield from self.below("location")
        for given_at in self.below("service_at_location"):
            yield from given_at.below("location")

    def everywhere(self, part: str) -> Iterator["Node"]:
        """The things of a kind below it, where it is given, and at its locations."""
        yield from self.below(part)
        for given_at in self.below("service_at_location"):
            yield from given_at.below(part)
        for location in self.locations():
            yield from location.below(part)
