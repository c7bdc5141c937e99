"""The commands, one file a group: each reads its arguments, calls the room that does the work, says what happened."""
