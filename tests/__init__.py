"""The tests; a package so that tests.servers can be run and imported from anywhere."""
