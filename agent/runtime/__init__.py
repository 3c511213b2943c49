"""What drives runs: clock, leases, intake, the durable engine, sagas and the one composition root."""
