"""What people see in chat: finished facts in, Slack's JSON out."""
