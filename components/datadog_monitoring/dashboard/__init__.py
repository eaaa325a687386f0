"""The dashboard of one environment: a group of widgets a file, put together by `page`."""

from components.datadog_monitoring.dashboard.page import dashboard

__all__ = ["dashboard"]
