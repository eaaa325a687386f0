"""What watches one environment, and whom it tells."""

from components.datadog_monitoring.component import DatadogMonitoring, DatadogMonitoringArgs

__all__ = ["DatadogMonitoring", "DatadogMonitoringArgs"]
