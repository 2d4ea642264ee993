"""Signatures explained, and channels tried out: what sign, verify and check-channel do.

Why it exists: two companies that disagree on a signature lose days; these few modules say
which step went wrong. Nothing here may print, read a setting, or show a secret.
"""
