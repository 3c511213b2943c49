"""What people do with a shortage while the copilot only watches, and what a comparison must then say.

Independent of the program it judges: it reads nouns only, and knows its own arithmetic."""
