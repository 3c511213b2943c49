"""The doors in: the command line now, HTTP, panel and Slack later."""
