"""A project whose accounts belong to organisations by a many-to-many relation, without a model of its own."""
