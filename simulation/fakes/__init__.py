"""In-memory stand-ins for tests and simulations, never deployed. The contract suite runs the store's promises over
these, moto
and the embedded AWS alike, so that they can't drift.
"""
