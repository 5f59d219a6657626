"""Indelible: a quality management system that can be checked rather than believed."""
