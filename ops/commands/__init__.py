"""The command line's grammar: from words to an order. Nothing in here asks AWS."""
