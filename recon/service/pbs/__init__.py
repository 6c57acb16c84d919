"""Betalingsservice (PBS): the direct debit of Danish customers, one module a verb. Off unless the settings say so."""
