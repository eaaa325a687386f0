#!/usr/bin/env bash
# The naive rollback: the team first, then a deployment made from the target's ID, then the database, each with one curl
# and nothing read back. GitHub runs such a step with `bash -e`; curl without --fail ends with 0 whatever is answered.
set -e
: "${TARGET:?}" "${REASON:?}" "${SLACK_WEBHOOK:?}" "${VERCEL_TOKEN:?}" "${DB_ROLLBACK_WEBHOOK:?}" "${DB_ROLLBACK_TOKEN:?}"

echo "going back to $TARGET: $REASON"

curl --silent --show-error --request POST "$SLACK_WEBHOOK" \
  --data "{\"text\": \"emergency rollback\", \"attachments\": [{\"color\": \"warning\", \"text\": \"$TARGET: $REASON\"}]}"

curl --silent --show-error --request POST https://api.vercel.com/v6/deployments \
  --header "Authorization: Bearer $VERCEL_TOKEN" \
  --data "{\"name\": \"ai-tools\", \"deploymentId\": \"$TARGET\", \"target\": \"production\"}"

curl --silent --show-error --request POST "$DB_ROLLBACK_WEBHOOK" \
  --header "Authorization: Bearer $DB_ROLLBACK_TOKEN" \
  --data "{\"target\": \"$TARGET\", \"reason\": \"$REASON\"}"
