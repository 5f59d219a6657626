"""The attack table (ledger.md 3.8) as tests: what the owner of the database server does, and how it is found."""
