"""Access that is more than a person's own session: credentials of programs, and from where an operation is allowed."""
