"""``python -m worker`` and the ``ticketbridge`` script.

Why it exists: one place from which the program starts. It must not hold logic.
"""

from worker.cli import main

if __name__ == "__main__":
    main()
