"""Tests of the run: graph, sagas, intake and the composed application, on real parts."""
