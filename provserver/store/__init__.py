"""Storage: every table, every statement. Callers open a transaction and pass its connection to plain functions.

`database.Database` opens transactions; each other module holds the statements of one aggregate and answers with the
frozen records of `domain.device`. Secrets are sealed before they reach a table (`sealing`).
"""
