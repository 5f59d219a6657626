"""The demonstration company: a year of made-up events, entered through the product's own verbs; not for regulated use."""
