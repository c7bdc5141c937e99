"""The demo: made-up services and made-up interviews, on which the whole job can be seen without asking anybody."""
