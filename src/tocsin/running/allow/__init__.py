"""What may run unattended, as data: commands with their options, SQL functions, addresses."""
