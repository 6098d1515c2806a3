"""Settings of the project."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

BADGE = "urn:example:params:scim:schemas:extension:Badge"
PARKING = "urn:example:params:scim:schemas:extension:Parking"

INSTALLED_APPS = apps("tests.hosts.badges")
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {
            "extensions": [
                "tests.hosts.badges.extensions.Badge",
                {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
                    "id": PARKING,
                    "name": "Parking",
                    "description": "Where somebody parks",
                    "attributes": [
                        {
                            "name": "lot",
                            "type": "string",
                            "multiValued": False,
                            "required": True,
                            "canonicalValues": ["north", "south"],
                            "caseExact": True,
                            "description": "The lot",
                        },
                        {
                            "name": "plates",
                            "type": "complex",
                            "multiValued": True,
                            "description": "The cars",
                            "subAttributes": [
                                {
                                    "name": "value",
                                    "type": "string",
                                    "multiValued": False,
                                    "description": "The plate",
                                },
                                {
                                    "name": "country",
                                    "type": "string",
                                    "multiValued": False,
                                    "description": "Of it",
                                },
                            ],
                        },
                    ],
                },
            ],
            "attributes": {f"{BADGE}:number": "badge__number"},
        }
    }
}
