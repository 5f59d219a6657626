"""The door for the clock: work that no person asks for at that moment. Each job opens its own act, named as a job."""
