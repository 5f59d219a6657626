"""Tests of the door for machines, over HTTP as indelible_app."""
