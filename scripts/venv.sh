#!/bin/sh
# Makes a virtual environment, if it is not there: sh scripts/venv.sh FOLDER [PYTHON ...]
# Takes the first of the named Pythons, then of the usual names, that is 3.10 or newer and runs.
set -eu
folder=$1
shift
good='import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 10))'
if [ -x "$folder/bin/python" ] && "$folder/bin/python" -c "$good" 2>/dev/null &&
    "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
old=
for name in "$@" python3.13 python3.12 python3.11 python3.10 python3.14 python3 python; do
    python=$(command -v "$name" 2>/dev/null) || continue
    # a pyenv shim is there for every version, and fails for those that are not chosen
    if "$python" -c "$good" >/dev/null 2>&1; then
        echo "making $folder with $("$python" --version 2>&1) ($python)"
        rm -rf "$folder"
        mkdir -p "$(dirname "$folder")"
        exec "$python" -m venv "$folder"
    fi
    old="$old $("$python" --version 2>&1 | tail -n 1);"
done
echo "No Python 3.10 or newer with venv was found.${old:+ Found:$old}" >&2
echo "Install one; on Debian and Ubuntu: apt-get install python3-venv" >&2
exit 1
