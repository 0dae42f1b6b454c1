"""The Korean catalogue, and the tool that keeps it complete: `python -m explorer.i18n`."""
