"""The one table that every audit library of the benchmark watches in its own way."""
