"""The pages in a real browser before the real service: walked by two people, desktop and phone, with scripts and without."""
