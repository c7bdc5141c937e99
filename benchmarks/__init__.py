"""What is fast, and against what: each module is run by itself and prints a Markdown table."""
