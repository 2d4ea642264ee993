"""What each command of the command line does, a file a subject.

Why it exists: cli.py names and documents the commands, these do them, each loaded when it
is called. They must not parse arguments, and print data on stdout only.
"""
