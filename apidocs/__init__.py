"""Renders the OpenAPI and the AsyncAPI document as pages that need nothing else.

Why it exists: what a channel's developer looks for is the JSON inside of the text ``params``;
it is drawn here like any other object, without a script, a network or Node. It must not add
a fact that the documents do not hold.
"""
