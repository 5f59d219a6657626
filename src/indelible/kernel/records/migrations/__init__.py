"""The steps by which the tables of the records room came to be."""
