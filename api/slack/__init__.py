"""The Slack door: what people say becomes runs, what waits becomes cards, what they click becomes decisions."""
