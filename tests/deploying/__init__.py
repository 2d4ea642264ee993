"""What an operator installs: containers, units of systemd, copies, moves, upgrades."""
