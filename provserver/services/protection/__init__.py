"""Protection of the phone listener: accepted proofs, challenges, guessing limits, admission control and fairness."""
