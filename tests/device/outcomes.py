"""How a step of `run` ends, other than well."""


class Failed(Exception):
    """It ran and was not right."""


class Skipped(Exception):
    """This machine cannot run it."""
