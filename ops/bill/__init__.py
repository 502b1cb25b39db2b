"""What a month costs in dollars: an estimate from AWS's list prices, item by item."""
