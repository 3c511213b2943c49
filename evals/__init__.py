"""The judge: worlds, injectors, gold actions and money accounting that share no code with what they judge."""
