"""The same order as others would write it in a day; each on packages of its own.

They may import the standard library, what their requirements name, and contracts.signatures.
"""
