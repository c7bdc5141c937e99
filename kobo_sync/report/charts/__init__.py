"""Charts for slides: drawn from what may be shown, as SVG and PNG, each with its text."""
