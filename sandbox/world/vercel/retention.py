"""How long deployments are kept (https://vercel.com/docs/deployment-retention).

The change is asked for and answered in spans (`1y`); the project shows days.
"""

from sandbox.world.service import Request, Response, Routes
from sandbox.world.vercel.project_store import requested_project, save_project
from sandbox.world.vercel.validation import Rule, body

routes = Routes()

DAYS = {"1d": 1, "1w": 7, "1m": 30, "2m": 60, "3m": 90, "6m": 180, "1y": 365, "unlimited": 36_500}
_SPANS = {days: span for span, days in DAYS.items()}
_NAMES = {
    "expiration": "expirationDays",
    "expirationProduction": "expirationDaysProduction",
    "expirationCanceled": "expirationDaysCanceled",
    "expirationErrored": "expirationDaysErrored",
}
_RULE = Rule(type="object", properties={name: Rule(values=tuple(DAYS)) for name in _NAMES})


@routes.add("PATCH", "/v9/projects/{project}/deployment-expiration")
def set_retention(request: Request) -> Response:
    """Set how long deployments are kept, by what became of them."""
    project = requested_project(request)
    wanted = body(request, _RULE)
    kept = {**project["deploymentExpiration"], **{_NAMES[name]: DAYS[span] for name, span in wanted.items()}}
    project["deploymentExpiration"] = kept
    save_project(request.state, project)
    return Response(200, {"deploymentExpiration": {name: _SPANS[kept[days]] for name, days in _NAMES.items()}})
