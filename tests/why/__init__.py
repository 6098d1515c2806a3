"""Why a person is locked."""
