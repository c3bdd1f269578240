"""How days, moments and months are written in each language; FORMAT_MODULE_PATH names this.

Templates ask for a format by its name. Beside Django's own there are SHORT_MONTH_FORMAT, and
MOMENT_FORMAT and EXACT_MOMENT_FORMAT, which name the time zone.
"""
