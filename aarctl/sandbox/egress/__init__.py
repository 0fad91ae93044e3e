"""The way out of a sandbox, host side: bytes from inside (relay), what is allowed (rules), the proxy between them."""
