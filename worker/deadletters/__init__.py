"""Dead letters: from the dead queue into a table, before a person, and home again."""
