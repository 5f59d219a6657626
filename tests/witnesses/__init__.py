"""Service and witness together: cosignatures, time stamps, attacks on either, hostile answers."""
