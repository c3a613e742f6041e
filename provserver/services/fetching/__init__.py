"""What the story of a request is made of: what it remembers, the files, and what a fetch leaves behind."""
