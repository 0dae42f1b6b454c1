"""Every test runs under the engine's configuration, as the app's workers do."""

from explorer.engine import configuration

configuration.adopt()
