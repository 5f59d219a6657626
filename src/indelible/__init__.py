"""Indelible: a quality management system that can be checked rather than believed."""

from importlib.metadata import version

__version__ = version("indelible")
