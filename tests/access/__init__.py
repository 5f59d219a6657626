"""Access beyond a person's own session: programs, terminals, delegations."""
