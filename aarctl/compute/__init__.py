"""Where experiments run: slots, leases, a fair queue, and what the devices are doing."""
