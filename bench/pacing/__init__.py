"""At the full speed that SES allows, and no faster."""
