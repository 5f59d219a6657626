"""A real identity provider for the tests, and a person who signs in at it."""
