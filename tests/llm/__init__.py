"""The model planner against a scripted server that speaks the real wire protocol, and against a real model."""
