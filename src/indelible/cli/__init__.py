"""The door for operators: `indelible ...`; every command is a thin call of a verb below."""
