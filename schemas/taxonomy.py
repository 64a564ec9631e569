"""What a family can need: categories and items with ids for life, and their words in English and Spanish."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Annotated

from pydantic import AfterValidator


class Category(StrEnum):
    """A kind of help. A partner's service names the categories it covers."""

    FOOD = auto()
    BEDS = auto()
    FURNITURE = auto()
    CLOTHING = auto()
    HYGIENE = auto()
    BABY = auto()
    SCHOOL_SUPPLIES = auto()
    RENT = auto()
    UTILITIES = auto()
    TRANSPORT = auto()
    CHILDCARE = auto()
    TUTORING = auto()
    AFTER_SCHOOL = auto()
    SHELTER = auto()
    SAFETY = auto()
    HEALTH = auto()
    LEGAL = auto()

    @property
    def sensitive(self) -> bool:
        """Whether asking for it says something about a family that must not get around."""
        return self in _SENSITIVE

    @property
    def living_situation(self) -> bool:
        """Whether asking for it tells whom a family lives with, where, or how it pays for that."""
        return self in _LIVING_SITUATION


_SENSITIVE = frozenset({Category.SHELTER, Category.SAFETY, Category.HEALTH, Category.LEGAL})
_LIVING_SITUATION = frozenset({Category.SHELTER, Category.SAFETY, Category.RENT, Category.UTILITIES})


@dataclass(frozen=True)
class ItemKind:
    """One thing that can be asked for. `labels` are (one, many) by language."""

    code: str
    category: Category
    labels: Mapping[str, tuple[str, str]]
    most: int
    """The largest quantity one need may ask for; more is a typing error."""

    @property
    def is_money(self) -> bool:
        """Whether quantities of it are US dollars, paid to a landlord or a company."""
        return self.code.endswith(".dollars")

    def label(self, quantity: int, language: str) -> str:
        """The item in words, such as "2 twin beds"; English where the language has none."""
        one, many = self.labels.get(language, self.labels["en"])
        if self.is_money:
            return f"${quantity:,} {many}"
        return f"{quantity} {one if quantity == 1 else many}"


def _kind(code: str, category: Category, en: tuple[str, str], es: tuple[str, str], most: int = 20) -> ItemKind:
    return ItemKind(code, category, {"en": en, "es": es}, most)


ITEM_KINDS: Mapping[str, ItemKind] = {
    kind.code: kind
    for kind in (
        _kind(
            "food.box", Category.FOOD, ("box of groceries", "boxes of groceries"), ("caja de comida", "cajas de comida")
        ),
        _kind("food.meal", Category.FOOD, ("hot meal", "hot meals"), ("comida caliente", "comidas calientes"), 60),
        _kind("bed.twin", Category.BEDS, ("twin bed", "twin beds"), ("cama individual", "camas individuales")),
        _kind("bed.bunk", Category.BEDS, ("bunk bed", "bunk beds"), ("litera", "literas")),
        _kind("bed.crib", Category.BEDS, ("crib", "cribs"), ("cuna", "cunas")),
        _kind(
            "bed.bedding",
            Category.BEDS,
            ("set of bedding", "sets of bedding"),
            ("juego de sábanas", "juegos de sábanas"),
        ),
        _kind(
            "furniture.table",
            Category.FURNITURE,
            ("table with chairs", "tables with chairs"),
            ("mesa con sillas", "mesas con sillas"),
        ),
        _kind("furniture.sofa", Category.FURNITURE, ("sofa", "sofas"), ("sofá", "sofás")),
        _kind(
            "clothing.child",
            Category.CLOTHING,
            ("set of children's clothes", "sets of children's clothes"),
            ("muda de ropa infantil", "mudas de ropa infantil"),
        ),
        _kind(
            "clothing.adult",
            Category.CLOTHING,
            ("set of adult clothes", "sets of adult clothes"),
            ("muda de ropa de adulto", "mudas de ropa de adulto"),
        ),
        _kind("clothing.coat", Category.CLOTHING, ("winter coat", "winter coats"), ("abrigo", "abrigos")),
        _kind(
            "clothing.shoes",
            Category.CLOTHING,
            ("pair of shoes", "pairs of shoes"),
            ("par de zapatos", "pares de zapatos"),
        ),
        _kind(
            "hygiene.kit",
            Category.HYGIENE,
            ("hygiene kit", "hygiene kits"),
            ("paquete de higiene", "paquetes de higiene"),
        ),
        _kind(
            "baby.diapers",
            Category.BABY,
            ("pack of diapers", "packs of diapers"),
            ("paquete de pañales", "paquetes de pañales"),
        ),
        _kind(
            "baby.formula",
            Category.BABY,
            ("can of formula", "cans of formula"),
            ("lata de fórmula", "latas de fórmula"),
        ),
        _kind(
            "school.backpack",
            Category.SCHOOL_SUPPLIES,
            ("backpack with supplies", "backpacks with supplies"),
            ("mochila con útiles", "mochilas con útiles"),
        ),
        _kind("rent.dollars", Category.RENT, ("toward rent", "toward rent"), ("para la renta", "para la renta"), 5000),
        _kind(
            "utilities.dollars",
            Category.UTILITIES,
            ("toward utilities", "toward utilities"),
            ("para servicios", "para servicios"),
            2000,
        ),
        _kind("transport.ride", Category.TRANSPORT, ("ride", "rides"), ("viaje", "viajes"), 40),
        _kind(
            "transport.pass", Category.TRANSPORT, ("bus pass", "bus passes"), ("pase de autobús", "pases de autobús")
        ),
        _kind(
            "childcare.week",
            Category.CHILDCARE,
            ("week of child care", "weeks of child care"),
            ("semana de cuidado infantil", "semanas de cuidado infantil"),
        ),
        _kind(
            "tutoring.hour",
            Category.TUTORING,
            ("hour of tutoring", "hours of tutoring"),
            ("hora de tutoría", "horas de tutoría"),
            60,
        ),
        _kind(
            "after_school.seat",
            Category.AFTER_SCHOOL,
            ("seat in an after-school programme", "seats in an after-school programme"),
            ("lugar en un programa después de clases", "lugares en un programa después de clases"),
            10,
        ),
        _kind(
            "shelter.night",
            Category.SHELTER,
            ("night of shelter", "nights of shelter"),
            ("noche de refugio", "noches de refugio"),
            60,
        ),
        _kind(
            "safety.advocate",
            Category.SAFETY,
            ("meeting with an advocate", "meetings with an advocate"),
            ("cita con una consejera", "citas con una consejera"),
        ),
        _kind(
            "health.visit", Category.HEALTH, ("health visit", "health visits"), ("visita de salud", "visitas de salud")
        ),
        _kind(
            "legal.consultation",
            Category.LEGAL,
            ("legal consultation", "legal consultations"),
            ("consulta legal", "consultas legales"),
        ),
    )
}


def known_item(code: str) -> str:
    """Returns `code`; raises ValueError, naming the codes there are, when there is no such item."""
    if code not in ITEM_KINDS:
        raise ValueError(f"there is no such item; the items are {', '.join(ITEM_KINDS)}")
    return code


ItemCode = Annotated[str, AfterValidator(known_item)]

CATEGORY_LABELS: Mapping[Category, Mapping[str, str]] = {
    Category.FOOD: {"en": "Food", "es": "Comida"},
    Category.BEDS: {"en": "Beds and bedding", "es": "Camas y ropa de cama"},
    Category.FURNITURE: {"en": "Furniture", "es": "Muebles"},
    Category.CLOTHING: {"en": "Clothes and shoes", "es": "Ropa y zapatos"},
    Category.HYGIENE: {"en": "Soap and hygiene", "es": "Jabón e higiene"},
    Category.BABY: {"en": "For a baby", "es": "Para un bebé"},
    Category.SCHOOL_SUPPLIES: {"en": "School supplies", "es": "Útiles escolares"},
    Category.RENT: {"en": "Rent", "es": "Renta"},
    Category.UTILITIES: {"en": "Power, water, heat", "es": "Luz, agua, calefacción"},
    Category.TRANSPORT: {"en": "Rides", "es": "Transporte"},
    Category.CHILDCARE: {"en": "Child care", "es": "Cuidado infantil"},
    Category.TUTORING: {"en": "Tutoring", "es": "Tutoría"},
    Category.AFTER_SCHOOL: {"en": "After school", "es": "Después de clases"},
    Category.SHELTER: {"en": "A safe place to sleep", "es": "Un lugar seguro para dormir"},
    Category.SAFETY: {"en": "Safety at home", "es": "Seguridad en casa"},
    Category.HEALTH: {"en": "Health", "es": "Salud"},
    Category.LEGAL: {"en": "Legal help", "es": "Ayuda legal"},
}
