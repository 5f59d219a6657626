"""The steps by which the tables of the workflow room came to be."""
