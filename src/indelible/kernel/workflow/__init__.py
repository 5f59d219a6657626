"""Room workflow: the words a process may use, its guards and the engine that carries it out."""
