"""What is booked: charts of accounts, postings, and the auditor that recomputes them. Pure."""
