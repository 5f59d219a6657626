"""The small trusted core: each room is a Django app whose tables carry its name."""
