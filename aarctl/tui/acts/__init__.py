"""What a person can do from the room: the table of actions, their keys, and how a run is asked."""
