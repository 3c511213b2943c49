"""What the nodes and the runtime share: their services, how a run is admitted, how a move is called off."""
