# The app's tests: its page says that all is well.
set -euo pipefail
url=${1#--base-url=}
page=$(curl --fail --silent --show-error --max-time 10 --header "x-vercel-protection-bypass: $VERCEL_AUTOMATION_BYPASS_SECRET" "$url/")
[[ "$page" == "All is well"* ]]
