"""What a deployed service imports: server and client shell, policy chains, store ports, telemetry."""
