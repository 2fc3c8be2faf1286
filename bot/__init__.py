"""The door: presses come in, cards go out."""
