"""What crosses the wire: the two protocols, our own messages, and their names.

Why it exists: channels, upstream systems and the worker must agree on every byte
without importing each other. It must not do any I/O, read a setting or a clock, or
import anything but the standard library and pydantic.
"""
