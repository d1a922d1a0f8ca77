#!/bin/sh
# Applies, rotates or verifies an ApiKey from a pipeline:
#   key.sh apply FILE     applies the manifest, and waits until the key is delivered
#   key.sh rotate TEXT    rotates the key once for this text, and waits until the new key is delivered
#   key.sh verify         calls the vendor's API with the delivered value
# NAMESPACE and NAME say which ApiKey; ENTRY says which entry of its Secret. kubectl finds the cluster by KUBECONFIG.
# The value goes from kubectl into a file that only this user can read, and from there into curl. It is never in a variable
# or on a command line, where "set -x" or a list of processes would show it.
set -eu
umask 077

namespace=${NAMESPACE:-shop}
name=${NAME:-checkout}
entry=${ENTRY:-SIGNATUREAPI_KEY}
api=${SIGNATUREAPI_URL:-https://api.signatureapi.com/v1}
timeout=${TIMEOUT:-180} # in seconds

fail() {
  echo "$*" >&2
  exit 1
}

# field PATH: a field of the ApiKey, empty if it has none.
field() {
  kubectl -n "$namespace" get apikey "$name" -o jsonpath="$1"
}

wait_until_ready() {
  kubectl -n "$namespace" wait --for=condition=Ready "apikey/$name" --timeout="${timeout}s" ||
    fail "ApiKey $namespace/$name is not ready: $(field '{.status.conditions[?(@.type=="Ready")].message}')"
}

revision() {
  found=$(field '{.status.revision}')
  echo "${found:-0}"
}

apply() {
  kubectl -n "$namespace" apply -f "$1"
  wait_until_ready
}

rotate() {
  if [ "$(field '{.metadata.annotations.signatureapi\.com/rotate}')" = "$1" ]; then
    echo "This rotation was requested before: a repeated job rotates nothing."
    wait_until_ready
    return
  fi
  before=$(revision)
  kubectl -n "$namespace" annotate --overwrite apikey "$name" "signatureapi.com/rotate=$1"
  deadline=$(($(date +%s) + timeout))
  until [ "$(revision)" -gt "$before" ]; do
    [ "$(date +%s)" -lt "$deadline" ] ||
      fail "ApiKey $namespace/$name was not rotated within $timeout s. Its conditions say why: kubectl -n $namespace describe apikey $name"
    sleep 1
  done
  wait_until_ready
}

verify() {
  case $api in
    https://* | http://127.0.0.1:* | http://localhost:*) ;;
    *) fail "SIGNATUREAPI_URL is $api: the value is sent over https only." ;;
  esac
  secret=$(field '{.status.secretName}')
  [ -n "$secret" ] || fail "ApiKey $namespace/$name has no key yet."
  config=$(mktemp)
  trap 'rm -f "$config"' EXIT
  trap 'exit 1' HUP INT TERM
  # "with": if a template fails, kubectl prints the whole Secret.
  template="{{with index .data \"$entry\"}}header = \"X-API-Key: {{. | base64decode}}\"{{\"\\n\"}}{{end}}"
  kubectl -n "$namespace" get secret "$secret" -o go-template="$template" >"$config"
  [ -s "$config" ] || fail "Secret $namespace/$secret has no entry $entry."
  # The runner of GitHub takes this line out of the log, and from then on the value too, should another step print it.
  if [ "${GITHUB_ACTIONS:-}" = true ]; then
    sed -n 's/^header = "X-API-Key: \(.*\)"$/::add-mask::\1/p' "$config"
  fi
  # The answer has envelopes of your customers: only its status is read.
  status=$(curl --disable --silent --show-error --config "$config" --output /dev/null --write-out '%{http_code}' \
    --max-time 20 --retry 4 "$api/envelopes?limit=1")
  [ "$status" = 200 ] ||
    fail "The vendor's API answered $status to the key $(field '{.status.keyId}') of ApiKey $namespace/$name: see kubectl -n $namespace describe apikey $name"
  echo "The key $(field '{.status.keyId}') of ApiKey $namespace/$name works: revision $(revision), $(field '{.spec.mode}') mode."
}

case "${1:-}" in
  apply) apply "${2:?the file of the ApiKey}" ;;
  rotate) rotate "${2:?a text that names the reason}" ;;
  verify) verify ;;
  *) fail "Usage: key.sh apply FILE | rotate TEXT | verify" ;;
esac
