"""Examples for the OpenAPI document."""

from typing import Any

_ENTERED = {
    "items": [{"code": "bed.twin", "quantity": 2}, {"code": "bed.bedding", "quantity": 2}],
    "zip_code": "11201",
    "urgency": "this_week",
    "languages": ["es", "en"],
    "must_speak": False,
    "household": ["25-59", "6-12"],
    "income": "131-150",
    "circumstances": ["single_parent"],
    "handover": ["drop_off"],
    "excluded_conditions": ["worship"],
    "preferences": ["step_free"],
    "consent": {"kind": "spoken"},
    "family": {
        "name": "A Family",
        "phone": "(718) 555-0199",
        "language": "es",
        "channels": ["text"],
        "voicemail": False,
        "phone_of": "shared",
        "contact_hours": {"start": 9, "end": 17},
    },
}
NEED_ENTERED: dict[str, Any] = {"requestBody": {"content": {"application/json": {"example": _ENTERED}}}}
_PLANNED = {field: value for field, value in _ENTERED.items() if field != "family"}
NEED_MATCHED: dict[str, Any] = {"requestBody": {"content": {"application/json": {"example": _PLANNED}}}}

NEED: dict[str, Any] = {
    "need_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0001",
    "reference": "482913",
    "status": "asking",
    "stuck": None,
    "cause": None,
    "created_at": "2026-11-24T15:00:00Z",
    "terms": {
        "site_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0002",
        "items": [{"line": 1, "code": "bed.twin", "quantity": 2, "whole": False}],
        "zip_code": "11201",
        "urgency": "this_week",
        "needed_by": "2026-11-28T22:00:00Z",
        "languages": ["es", "en"],
        "household": ["25-59", "6-12"],
        "must_speak": False,
        "income": "131-150",
        "circumstances": ["single_parent"],
        "not_circumstances": [],
        "handover": ["drop_off"],
        "excluded_conditions": ["worship"],
        "preferences": ["step_free"],
        "first_ask": None,
        "consent": {"kind": "spoken", "until": "2027-02-22T15:00:00Z", "partner_ids": [], "excluded_kinds": []},
        "sensitive": False,
    },
}

_PARTNER = {
    "name": "Second Street Church",
    "kind": "church",
    "services": [
        {
            "service_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0004",
            "categories": ["beds", "furniture"],
            "area": {"kind": "radius", "zip_code": "11215", "miles": 10},
            "zip_code": "11215",
            "max_household": 6,
            "income_limit": 185,
            "languages": ["en", "es"],
            "handover": ["pick_up", "drop_off"],
            "hours": [{"weekday": 5, "opens": "10:00", "closes": "14:00"}],
            "conditions": ["shows_id"],
            "fits": ["step_free"],
            "eligibility_text": "Families with children in our neighborhood. Please bring bags.",
            "claims_per_week": 3,
            "claims_at_once": 2,
        }
    ],
    "contacts": [
        {
            "contact_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0005",
            "name": "Ada Volunteer",
            "email": "ada@church.example.org",
            "phone": "+17185550141",
            "channels": ["email", "text"],
            "roles": ["requests"],
            "digest_hour": 17,
        },
        {
            "contact_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0006",
            "name": "Ben Deacon",
            "email": "ben@church.example.org",
            "confirmed": False,
        },
    ],
    "on_call": {
        "contact_ids": ["0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0005", "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0006"],
        "since": "2026-11-30",
        "days": 7,
    },
}
PARTNER_ENTERED: dict[str, Any] = {"requestBody": {"content": {"application/json": {"example": _PARTNER}}}}
PARTNERS_ENTERED: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {
                "example": {"partners": [{"partner_id": "0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0003", **_PARTNER}]}
            }
        }
    }
}

_CONSENT = {
    "records": ["name", "phone"],
    "partner_kinds": ["church"],
    "signature": {"by": "A Parent", "on": "2026-11-24", "how": "on_paper"},
}
CONSENT_ENTERED: dict[str, Any] = {"requestBody": {"content": {"application/json": {"example": _CONSENT}}}}
