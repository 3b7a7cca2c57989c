"""The SMTP sink of the devstack: takes every mail, keeps it, and shows it as JSON and as a page."""
