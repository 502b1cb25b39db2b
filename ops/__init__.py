"""The command `onlyonce`: what a person does with a deployed stage. `onlyonce --help`."""
