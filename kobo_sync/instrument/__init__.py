"""The instrument: XLSForms and the framework, read into plain values; what is derived from them."""
