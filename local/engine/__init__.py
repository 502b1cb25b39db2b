"""The embedded AWS's server: MiniStack, mended in process where it differs from AWS.

Runs in an environment of its own, made from requirements.txt, and is started as a module:
`.local/engine/bin/python -m local.engine --port PORT [--data-dir DIR]`.
"""
