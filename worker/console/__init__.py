"""The console: pages for people, drawn on the server. See server.py for the map."""
