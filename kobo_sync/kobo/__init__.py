"""Everything that speaks to KoboToolbox: one session, one module a resource, typed errors."""
