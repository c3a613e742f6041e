"""Documentation is held to the program: commands run, answers fit, generated pages and links are up to date."""
