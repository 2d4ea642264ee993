"""Delivers notifications to channels: pure envelope and policy, one thin shell around."""
