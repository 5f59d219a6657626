"""What goes over a wire: encrypted, in both directions, or not at all (URS-OPN-02)."""
