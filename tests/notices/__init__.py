"""Urgent notices: raised from the trail, told outside, answered or given to management."""
