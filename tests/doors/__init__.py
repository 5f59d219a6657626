"""Every door tried alike: page, API, copies; right and wrong, and what may never come out of any."""
