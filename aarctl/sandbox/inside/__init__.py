"""What runs inside a sandbox beside the keeper: standard library and msgpack only, nothing else of aarctl."""
