"""What serves now, what alerts now, and where to go from here."""

from urllib.parse import quote

from components.datadog_monitoring.dashboard.queries import RELEASE_KINDS, happened
from components.datadog_monitoring.dashboard.widgets import Json, at, events, monitor_list, note
from components.datadog_monitoring.dashboard.widgets import group as grouped


def group(*, service: str, environment: str, domain: str, vercel_project: str, runbook_url: str) -> Json:
    """Links, the newest releases, and every monitor of the environment."""
    # Vercel's own way to link to a project without knowing how its team is written in addresses.
    project = f"https://vercel.com/d?to={quote(f'/[team]/{vercel_project}/deployments', safe='')}"
    links = f"""### {service} {environment}
- Users open [{domain}](https://{domain})
- It says [how it is](https://{domain}/api/health)
- **[Runbook]({runbook_url})**: a section an alert
- [Deployments at Vercel]({project}) of `{vercel_project}`

**Users see errors?** What was released last stands beside this; [going back]({runbook_url}#health) is one command.
"""
    return grouped(
        "What serves now",
        "vivid_blue",
        [
            at(0, 0, 3, 5, note(links)),
            at(3, 0, 5, 5, events("Releases and rollbacks, newest first", happened(RELEASE_KINDS))),
            at(
                *(8, 0, 4, 5),
                monitor_list("Every alert", f'tag:"env:{environment}" AND tag:"service:{service}"'),
            ),
        ],
    )
