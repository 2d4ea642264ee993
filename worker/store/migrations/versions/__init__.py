"""One file a revision, each complete in itself."""
