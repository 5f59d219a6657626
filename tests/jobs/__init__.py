"""The door for the clock: the sealer tried from the wrong side, killed, and soaked."""
