"""Migrations of the identity room."""
