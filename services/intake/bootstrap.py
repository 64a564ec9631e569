"""What the first start makes where the environment asks for it: keys, a site, a coordinator."""

from uuid import NAMESPACE_URL, uuid5

from services.intake.api.callers import Scope, hash_key
from services.intake.settings import IntakeSettings
from services.intake.store import keys
from services.intake.store.keys import Coordinator, KeyRow
from services.intake.store.people import Role
from services.runtime.database import Pool

SITE_ID = uuid5(NAMESPACE_URL, "switchboard/first-site")
_SITE_NAME, _SITE_ZONE, _SITE_ZIP = "Lincoln Elementary", "America/New_York", "11201"


async def bootstrap(pool: Pool, settings: IntakeSettings) -> None:
    """Makes what is missing. Safe to repeat."""
    async with pool.acquire() as connection, connection.transaction():
        notifier_key = hash_key(settings.notifier_api_key.get_secret_value())
        await keys.save_key(connection, notifier_key, KeyRow("notifier", frozenset({Scope.ADDRESSES_READ}), None))
        if settings.bootstrap_api_key is not None:
            all_scopes = frozenset(Scope) - {Scope.ADDRESSES_READ}
            key_hash = hash_key(settings.bootstrap_api_key.get_secret_value())
            await keys.save_key(connection, key_hash, KeyRow("bootstrap", all_scopes, None))
        people = (
            ("Casey Coordinator", settings.bootstrap_coordinator_email, Role.COORDINATOR),
            ("Dana District", settings.bootstrap_district_email, Role.DISTRICT),
            ("Avery Administrator", settings.bootstrap_administrator_email, Role.ADMINISTRATOR),
        )
        for name, email, role in people:
            if email is not None:
                await keys.save_site(connection, SITE_ID, _SITE_NAME, _SITE_ZONE, _SITE_ZIP)
                await keys.save_person(connection, _person(name, email), role)


def _person(name: str, email: str) -> Coordinator:
    return Coordinator(
        person_id=uuid5(SITE_ID, email),
        site_id=SITE_ID,
        name=name,
        email=email,
        phone="+17185550100",
        language="en",
        site_name=_SITE_NAME,
        time_zone=_SITE_ZONE,
    )
