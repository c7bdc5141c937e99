"""`kobo-sync check`: rules with codes that look at forms, framework and lists, one module per family.

Each rule is a small function with its code, severity, title, reason and remedy beside it; `table` lists them all,
`run.check` lets them look at an `Instrument`, `show` says what they found.
"""
