"""Verification of a live system's trail: reads as indelible_verify, changes nothing, names every finding in words.

Each room that keeps regulated things brings its own checks (`CHECKS` in its verification module); the command line
puts them together.
"""
