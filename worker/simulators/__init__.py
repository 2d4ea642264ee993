"""The simulators package."""
