"""The kernel room of people: who they are, what they may do, how they prove it, and their sessions."""
