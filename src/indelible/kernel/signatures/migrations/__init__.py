"""Migrations of the signatures room."""
