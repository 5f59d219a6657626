"""The steps by which the tables of the files room came to be."""
