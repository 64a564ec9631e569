"""What a text is answered with, in each language."""

from collections.abc import Mapping

REPLIES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "taken": "Thank you! You would take {items} (number {number}). We confirm it in a moment.",
        "declined": "Thank you for telling us. We ask someone else about number {number}.",
        "handed_back": "Thank you for telling us. You have handed number {number} back, and we ask someone else.",
        "arrived": "Thank you for telling us. We are glad it arrived.",
        "not_arrived": "Thank you for telling us. We go on looking, and your coordinator knows.",
        "help": (
            "Switchboard: reply YES or NO with the number in our text. STOP ends texts. "
            "Questions: your school's coordinator."
        ),
        "stopped": "You will get no more texts from Switchboard. START begins them again.",
        "started": "You will get texts from Switchboard again. STOP ends them.",
        "see_link": "Thank you. Please answer this one by the link in our text.",
        "no_such_number": "We find no open number {number} for this phone. Please check our text, or use its link.",
        "which_one": "Which one? Please reply YES or NO with the number in our text.",
        "nothing_open": "Nothing waits for your answer right now. Thank you!",
        "not_understood": "Sorry, we did not understand. Reply YES or NO with the number in our text, or HELP.",
    },
    "es": {
        "taken": "¡Gracias! Usted se encargaría de {items} (número {number}). Lo confirmamos en un momento.",
        "declined": "Gracias por avisar. Preguntamos a otra persona por el número {number}.",
        "handed_back": "Gracias por avisar. Ya no se encarga del número {number}; preguntamos a otra persona.",
        "arrived": "Gracias por avisar. Nos alegra que le llegó.",
        "not_arrived": "Gracias por avisar. Seguimos buscando, y su coordinación lo sabe.",
        "help": (
            "Switchboard: responda SI o NO con el número de nuestro mensaje. ALTO termina los mensajes. "
            "Preguntas: la coordinación de su escuela."
        ),
        "stopped": "Ya no recibirá mensajes de Switchboard. EMPEZAR los reanuda.",
        "started": "Recibirá mensajes de Switchboard otra vez. ALTO los termina.",
        "see_link": "Gracias. Por favor responda a esta por el enlace del mensaje.",
        "no_such_number": "No hay un número {number} abierto para este teléfono. Revise el mensaje, o use su enlace.",
        "which_one": "¿Cuál? Responda SI o NO con el número de nuestro mensaje.",
        "nothing_open": "Ahora no hay nada que espere su respuesta. ¡Gracias!",
        "not_understood": "Perdón, no entendimos. Responda SI o NO con el número de nuestro mensaje, o AYUDA.",
    },
}
