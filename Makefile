# Two commands for newcomers: `make demo` and `make test`. `make help` lists the rest.
# .venv        for working here: the source tree, editable
# build/venv   for the tests: the wheel, built anew, so that what is tested is what is shipped

VENV = .venv
TEST_VENV = build/venv
LOWEST_VENV = build/venv-lowest
LOWEST = "alembic==1.18.0" "SQLAlchemy==2.0.0"
# one more than most machines of CI have processors: many tests wait for a server
WORKERS = 3
PYTEST_ARGS =
BENCH_ARGS =
PAIRS = 1000
PIP = -m pip --disable-pip-version-check install -qq
# what pip warns of as root is meant
export PIP_ROOT_USER_ACTION = ignore

.PHONY: help demo dev test wheel lint unit test-lowest test-alembic bench bench-locks bench-peers bench-trace \
	rule-pages fidelity pairs real-projects clean

help:
	@echo "make demo           the eight steps on the bookshop, on SQLite and embedded PostgreSQL"
	@echo "make test           lint, then every test, on the built wheel"
	@echo "make dev            .venv with the source tree and everything for developing"
	@echo "make lint           ruff, mypy --strict, import contracts"
	@echo "make unit           every test on the built wheel (PYTEST_ARGS=... WORKERS=3)"
	@echo "make test-lowest    every test on the lowest Alembic and SQLAlchemy, Python 3.10 if there"
	@echo "make test-alembic   the Alembic plugin on Alembic 1.18.0, 1.19, 1.20.0 and 1.20.1"
	@echo "make bench          prove --all against alembic and pytest-alembic"
	@echo "make rule-pages     the pages of the review's rules, with real traces of their examples"
	@echo "make bench-locks    how long changes make others wait, plain and safe forms, 2 million rows (~10 min)"
	@echo "make bench-peers    assay review beside squawk, alembic-guard and migration-lint (~15 min)"
	@echo "make bench-trace    a traced revision against its plain run, with 30 to 1000 tables"
	@echo "make fidelity       the fidelity benchmark on assay generate, beside Alembic (~20 min)"
	@echo "make pairs          random pairs of schemas, there and back on each engine (PAIRS=1000, hours)"
	@echo "make real-projects  check and prove real projects from the package index"
	@echo "make clean          remove what was built; .venv stays"

demo: $(VENV)/.ready
	@$(VENV)/bin/python scripts/demo.py

$(VENV)/.ready: pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh $(VENV)
	@echo "installing into $(VENV)"
	@$(VENV)/bin/python $(PIP) --editable '.[postgres,pytest]'
	@touch $@

dev: $(VENV)/.ready
	@mkdir -p build
	@$(VENV)/bin/python scripts/dependency_group.py dev > build/dev.txt
	@$(VENV)/bin/python $(PIP) -r build/dev.txt

test: lint unit

$(TEST_VENV)/.ready: pyproject.toml scripts/venv.sh scripts/dependency_group.py
	@sh scripts/venv.sh $(TEST_VENV)
	@echo "installing what the tests need into $(TEST_VENV)"
	@$(TEST_VENV)/bin/python scripts/dependency_group.py dev > build/dev.txt
	@$(TEST_VENV)/bin/python $(PIP) -r build/dev.txt
	@touch $@

wheel: $(TEST_VENV)/.ready
	@rm -rf build/wheel
	@$(TEST_VENV)/bin/python -m pip --disable-pip-version-check wheel -qq --no-deps -w build/wheel .
	@$(TEST_VENV)/bin/python $(PIP) "$$(ls build/wheel/*.whl)[postgres,pytest]"
	@$(TEST_VENV)/bin/python $(PIP) --no-deps --force-reinstall build/wheel/*.whl
	@echo "testing $$(ls build/wheel/*.whl) on $$($(TEST_VENV)/bin/python --version)"

lint: wheel
	$(TEST_VENV)/bin/ruff format --check .
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/mypy --strict
	$(TEST_VENV)/bin/lint-imports

unit: wheel
	ASSAY_TEST_WHEEL=1 $(TEST_VENV)/bin/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

test-lowest:
	@sh scripts/venv.sh $(LOWEST_VENV) python3.10 "$$(ls -d $$HOME/.pyenv/versions/3.10.*/bin/python 2>/dev/null | tail -n 1)"
	@$(LOWEST_VENV)/bin/python scripts/dependency_group.py dev > build/dev.txt
	@$(LOWEST_VENV)/bin/python $(PIP) -r build/dev.txt '.[postgres,pytest]' $(LOWEST)
	@$(LOWEST_VENV)/bin/python $(PIP) --no-deps --force-reinstall .
	ASSAY_TEST_WHEEL=1 $(LOWEST_VENV)/bin/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

test-alembic:
	@sh scripts/alembic_versions.sh build/alembic

bench: $(VENV)/.ready
	$(VENV)/bin/python scripts/bench_prove.py

rule-pages: dev
	$(VENV)/bin/python scripts/rule_pages.py

bench-locks: $(VENV)/.ready
	$(VENV)/bin/python scripts/bench_locks/run.py $(BENCH_ARGS)

bench-peers: dev
	$(VENV)/bin/python scripts/bench_peers/run.py --write

bench-trace: $(VENV)/.ready
	$(VENV)/bin/python scripts/bench_trace.py

fidelity: dev
	$(VENV)/bin/python scripts/fidelity.py --write

pairs: dev
	failed=0; for engine in sqlite postgresql mariadb; do \
		$(VENV)/bin/python scripts/random_pairs.py $$engine $(PAIRS) --write || failed=1; \
	done; exit $$failed

real-projects: $(VENV)/.ready
	$(VENV)/bin/python scripts/real_projects/run.py

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts examples -name __pycache__ -prune -exec rm -rf {} +
