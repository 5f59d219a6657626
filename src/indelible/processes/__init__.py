"""The processes that come with the product: one declaration a file, configuration and not code."""
