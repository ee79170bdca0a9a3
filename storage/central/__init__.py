"""What the laptop keeps of its dealings with the central record: what waits, what it holds, how far it is."""
