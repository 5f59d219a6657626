"""The room of records: record, revision, link, attachment, number, and the trail that people read."""
