"""The kernel room of electronic signatures: periods, gates, manifests, and whether a signature still holds."""
