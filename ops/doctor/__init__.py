"""doctor: looks at a deployed stage and its account, and says of each thing what is there and what to do. It only reads.

Each file has the checks of one group; `examination` carries them out.
"""
