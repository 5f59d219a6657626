"""The door for people: pages that show records and carry what a person does to the kernel's verbs."""
