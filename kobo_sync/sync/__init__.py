"""One run: pull, record, validate, store, score what was touched."""
