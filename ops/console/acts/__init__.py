"""What can be decided in the console. Each act asks first, and is carried out by the function of the command line."""
