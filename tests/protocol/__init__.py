"""Every section, field and code of both documents: where it is done and what proves it."""
