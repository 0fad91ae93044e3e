"""The screens: the room (live and replay), the run picker, and the small ones that open over them."""
