"""What stock MiniStack gets wrong and this project depends on, one noun a module.

Each module states the AWS rule and its source, says what MiniStack does instead, and has one public function,
`mend()`, that patches MiniStack and raises MendTargetMissingError if what it patches is not there.
"""
