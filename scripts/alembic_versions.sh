#!/bin/sh
# The Alembic plugin on each Alembic that does things differently; what the tests need is installed
# beside it. Each: import, revision --autogenerate and check, with Assay only installed and named.
#   sh scripts/alembic_versions.sh FOLDER [ALEMBIC[:SQLALCHEMY] ...]
set -eu
folder=${1:?a folder for the environments}
shift
[ $# -gt 0 ] || set -- 1.18.0:2.0.0 1.19.2 1.20.0 1.20.1
root=$(cd "$(dirname "$0")/.." && pwd)
pip='-m pip --disable-pip-version-check install -qq'
oldest=$(ls -d "$HOME"/.pyenv/versions/3.10.*/bin/python 2>/dev/null | tail -n 1)
for pair in "$@"; do
    alembic=${pair%%:*}
    sqlalchemy=${pair#"$alembic"}
    venv=$folder/alembic-$alembic
    sh "$root/scripts/venv.sh" "$venv" python3.10 "$oldest"
    "$venv/bin/python" $pip "$root" pytest "psycopg[binary]" PyMySQL greenlet \
        "alembic==$alembic" "SQLAlchemy${sqlalchemy:+==}${sqlalchemy#:}"
    "$venv/bin/python" $pip --no-deps --force-reinstall "$root"
    echo "Alembic $alembic, $("$venv/bin/python" -c 'import sqlalchemy, sys
print("SQLAlchemy", sqlalchemy.__version__, "Python", sys.version.split()[0])')"
    (cd "$root" && ASSAY_TEST_WHEEL=1 "$venv/bin/python" -m pytest -q tests/generate/test_alembic_plugin.py)
done
