"""What an operator sees and does of orders, for the command line and for the console alike."""
