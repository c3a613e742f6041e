"""Storage: all tables and all statements. Callers open a transaction and pass its connection to plain functions.

`database.Database` opens transactions. Every other module holds the statements for one kind of record and returns the
frozen records of `domain.device`. Secrets are encrypted before they are stored (`sealing`).
"""
