"""A local Slack-compatible workspace: Web API, Socket Mode, and the people who press the buttons."""
