"""The judge of understanding: messages as people type them, labelled by hand, played through the program's door."""
