"""The lowest kernel room: capture by triggers, the one function that opens an act, the trail's SQL."""
