"""Other people's programs, which share no code with this product, accept what it makes and reject what was altered."""
