"""The schema's history (alembic); run by :mod:`worker.store.migrate`."""
