"""The catalogue: reads declaration files, checks them, publishes them to the kernel and draws them."""
