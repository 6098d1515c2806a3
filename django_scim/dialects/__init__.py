"""Where the request of an identity provider that deviates from the RFCs becomes canonical, before validation.

Small rules, each a pure function from JSON to JSON, in a file by subject. A rule is in force for every
connection where it cannot be confused with a conforming request; the others are chosen by the dialect of
the connection. What scim2-models itself tolerates (:mod:`django_scim.dialects.registry`) needs no rule.
"""
