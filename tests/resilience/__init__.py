"""What happens when the database is full, goes away in the middle of a save, is killed, or is a company's own."""
