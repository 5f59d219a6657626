"""The door for machines: `/api/v1`, HTTP and JSON; it hands actor, number and step to the kernel and tells the answer."""
