"""The operator's side of the house: its settings, its files, its metronome, and what is typed in a terminal."""
