"""Rules about who waits: locks, rewrites, scans."""
