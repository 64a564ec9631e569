"""What all three services stand on: settings, database, outbox, inbox, consuming, telemetry. No domain words."""
