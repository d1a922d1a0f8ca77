#!/bin/sh
# Reads the value of the output $1 from standard input, and hands it to the applications. Replace the last line by your
# own, which reads the value from its standard input, such as:
#   vault kv put -mount=secret signatureapi/"$1" value=-
#   gcloud secrets versions add "$1" --data-file=-
#   kubectl create secret generic signatureapi --from-file="$1"=/dev/stdin --dry-run=client -o yaml | kubectl apply -f -
set -eu
value=$(cat)
test -n "$value" || { echo "$1 is empty: is it an output of the stack?" >&2; exit 1; }
echo "$1 arrived. Nobody is given it yet: see deliver.sh." >&2
