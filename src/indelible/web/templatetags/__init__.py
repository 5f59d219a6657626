"""Words the templates may use beyond Django's own."""
