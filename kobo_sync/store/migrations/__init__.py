"""How a store that an earlier version made becomes one of this version: Alembic's steps, for files and databases.

A step is a module in `versions`; the newest one's name is `kobo_sync.store.tables.REVISION`. To write the next: change
tables.py, add a module (script.py.mako is its pattern), set REVISION, and let tests/store/test_migrations.py say
whether both come to the same tables. On SQLite, what changes a table needs `op.batch_alter_table`.
"""
