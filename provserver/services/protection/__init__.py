"""Who may ask, how often, and how many at one time: proofs, guesses, and storms that are too much."""
