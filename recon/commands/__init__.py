"""The command line, one module a group: parse, call a service, print. No rule of the business lives here."""
