"""The cellar: engine, transaction, journal, migrations."""
