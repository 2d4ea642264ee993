"""The ingress package."""
