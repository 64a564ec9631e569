"""What our categories are called elsewhere, for programs that exchange needs with health systems and directories.

The codes are of the SDOH Clinical Care guide by the HL7 Gravity Project. The names are those of service categories of
the Open Eligibility Human Services Taxonomy by Aunt Bertha, Inc. (findhelp), licensed under CC BY-SA 3.0. A mapping
says what a category is nearest to, and nothing about a family.
"""

from collections.abc import Mapping

from schemas.taxonomy import Category

GRAVITY_SYSTEM = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"

GRAVITY_CODES: Mapping[Category, str] = {
    Category.FOOD: "food-insecurity",
    Category.BEDS: "material-hardship",
    Category.FURNITURE: "material-hardship",
    Category.CLOTHING: "material-hardship",
    Category.HYGIENE: "material-hardship",
    Category.BABY: "material-hardship",
    Category.SCHOOL_SUPPLIES: "material-hardship",
    # The guide's definition begins with being behind on rent.
    Category.RENT: "housing-instability",
    Category.UTILITIES: "utility-insecurity",
    Category.TRANSPORT: "transportation-insecurity",
    Category.CHILDCARE: "sdoh-category-unspecified",
    Category.TUTORING: "educational-attainment",
    Category.AFTER_SCHOOL: "sdoh-category-unspecified",
    Category.SHELTER: "homelessness",
    Category.SAFETY: "intimate-partner-violence",
    # Who needs to see a doctor has not said that money is why.
    Category.HEALTH: "sdoh-category-unspecified",
    Category.LEGAL: "sdoh-category-unspecified",
}

OPEN_ELIGIBILITY_NAMES: Mapping[Category, tuple[str, ...]] = {
    Category.FOOD: ("Emergency Food", "Food Pantry"),
    Category.BEDS: ("Furniture",),
    Category.FURNITURE: ("Furniture",),
    Category.CLOTHING: ("Clothing",),
    Category.HYGIENE: ("Personal Care Items",),
    Category.BABY: ("Baby Supplies",),
    Category.SCHOOL_SUPPLIES: ("Supplies for School",),
    Category.RENT: ("Help Pay for Housing",),
    Category.UTILITIES: ("Help Pay for Utilities",),
    Category.TRANSPORT: ("Transportation", "Bus Passes"),
    Category.CHILDCARE: ("Childcare",),
    Category.TUTORING: ("Tutoring",),
    Category.AFTER_SCHOOL: ("After School Care",),
    Category.SHELTER: ("Emergency Shelter", "Temporary Shelter"),
    Category.SAFETY: ("Help Escape Violence",),
    Category.HEALTH: ("Medical Care",),
    Category.LEGAL: ("Advocacy & Legal Aid",),
}
