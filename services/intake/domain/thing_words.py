"""Other words that people use for what can be asked for, in English and Spanish together: a family mixes them too."""

from collections.abc import Mapping

THING_WORDS: Mapping[str, str] = {
    "food.box": "food grocery groceries pantry hungry hunger eat comida despensa alimentos víveres mandado hambre",
    "food.meal": "meal dinner lunch breakfast hot food cooked comida caliente cena almuerzo desayuno",
    "bed.twin": "bed mattress single sleep floor cama colchón individual dormir piso suelo",
    "bed.bunk": "bunk bunkbed siblings litera camarote hermanos",
    "bed.crib": "crib cradle baby bed bassinet cuna moisés bebé cama",
    "bed.bedding": "bedding sheet sheets blanket blankets pillow comforter sábanas cobija cobijas manta almohada",
    "furniture.table": "table chair chairs desk dining mesa silla sillas comedor escritorio",
    "furniture.sofa": "sofa couch armchair living room sofá sillón sala",
    "clothing.child": "kids clothes clothing child children uniform pants shirt ropa niño niña niños uniforme pantalón",
    "clothing.adult": "adult clothes clothing work interview men women ropa adulto adultos trabajo hombre mujer",
    "clothing.coat": "coat jacket winter warm gloves hat boots abrigo chaqueta chamarra invierno frío guantes gorro",
    "clothing.shoes": "shoes shoe sneakers boots zapatos tenis zapatillas botas calzado",
    "hygiene.kit": "hygiene soap shampoo toothpaste toothbrush deodorant pads higiene jabón champú pasta toallas",
    "baby.diapers": "diaper diapers wipes nappies baby pañal pañales toallitas bebé",
    "baby.formula": "formula milk infant baby fórmula leche bebé",
    "school.backpack": "backpack bag notebook pencils school supplies mochila útiles cuaderno lápices escuela",
    "rent.dollars": "rent landlord eviction housing deposit arrears renta alquiler arriendo desalojo casero depósito",
    "utilities.dollars": "utility utilities power light electric electricity gas water heat heating bill internet "
    "phone luz electricidad agua calefacción recibo factura servicios",
    "transport.ride": "ride rides car drive taxi doctor appointment viaje carro llevar transporte cita",
    "transport.pass": "bus pass metro train subway card fare autobús camión pase tarjeta tren transporte",
    "childcare.week": "childcare child care daycare babysitter sitter guardería cuidado niñera cuidar niños",
    "tutoring.hour": "tutor tutoring homework reading math help tutoría tarea tareas lectura matemáticas clases",
    "after_school.seat": "after school programme program activity sports camp club programa actividad deportes "
    "campamento después clases escuela",
    "shelter.night": "shelter homeless sleep night hotel motel place refugio albergue dormir noche calle hogar",
    "safety.advocate": "safety safe abuse violence domestic advocate danger hit violencia abuso maltrato seguridad "
    "golpes consejera peligro",
    "health.visit": "health doctor dentist clinic medicine glasses therapy counseling sick salud médico doctor "
    "dentista clínica medicina lentes terapia enfermo",
    "legal.consultation": "legal lawyer attorney court papers custody abogado legal corte papeles custodia",
}
"""By the code of the thing. Its own names, and those of its kind of help, stand in `schemas/taxonomy.py`."""

SAYS_NOTHING = (
    "a an the for to of and or with need needs needed some my their kid kids please "
    "un una unos unas el la los las de del para por y o con necesita necesitan necesito quiere quieren su sus"
)
"""Words that are in a sentence about any thing."""
