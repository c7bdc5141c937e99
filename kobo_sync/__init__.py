"""A-Gender Monitor: XLSForms for KoboToolbox, an exact sync, gender-responsiveness scores and scorecards."""

__version__ = "0.1.0"
