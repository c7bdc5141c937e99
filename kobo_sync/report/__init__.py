"""Pages that people read: a static site that opens from a folder, a stick or a printer, with no network."""
