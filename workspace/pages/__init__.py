"""The workspace in a browser: channels, messages with Block Kit, threads, modals, Home, files; as any member."""

from workspace.pages.routes import build

__all__ = ["build"]
