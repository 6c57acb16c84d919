"""The use cases, one module a verb: the only place where a transaction begins and ends."""
