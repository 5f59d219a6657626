"""An installation's folder: paths, keys, configuration, the embedded PostgreSQL and its roles (decision 0002)."""
