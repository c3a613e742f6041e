"""`python -m provserver`."""

from provserver.cli.main import main

main()
