#!/bin/sh
# Makes the virtual environment of these tests: prepare.sh FOLDER. Ends with 77 where PyPI is out of reach.
set -u
folder=$1
if [ ! -x "$folder/bin/python" ]; then
    python3 -m venv "$folder" >/dev/null 2>&1 || { echo "python3 with venv is missing" >&2; exit 77; }
fi
"$folder/bin/python" -c 'import stripe, jsonschema' 2>/dev/null && exit 0
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 20 --retries 1 \
    stripe==16.1.0 jsonschema==4.26.0 >/dev/null 2>&1 || { echo "PyPI is out of reach" >&2; exit 77; }
