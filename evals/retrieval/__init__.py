"""The judge of the search in documents: questions judged by hand, before there was an index, and what is measured."""
