"""Where the judge meets the judged: the whole program is run as a black box, and its end state is judged."""
