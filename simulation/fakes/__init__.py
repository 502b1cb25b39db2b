"""In-memory stand-ins for tests and simulations, never deployed. The contract suite holds the table, moto and the embedded AWS to
the same promises, so that they can't drift apart.
"""
