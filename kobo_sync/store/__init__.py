"""The local replica: tables and queries."""
