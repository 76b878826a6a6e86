"""What kind of thing a file is, from its path alone: code that runs, or text that cannot break anything at run time."""

from __future__ import annotations

import re
from typing import Literal

FileKind = Literal[
    "code", "config", "dependency", "migration", "resources", "test", "docs", "ci", "asset", "lock", "other"
]

_KINDS: tuple[tuple[FileKind, re.Pattern[str]], ...] = (
    ("ci", re.compile(r"(^|/)\.(github|circleci|gitlab)|(^|/)(Jenkinsfile|CODEOWNERS|\.golangci\.ya?ml|\.pre-commit|\.eslintrc|\.prettierrc|\.editorconfig|\.gitignore|Makefile|tox\.ini)|gitlab-ci")),
    ("test", re.compile(r"(^|/)(tests?|testdata|__tests__|spec|fixtures|e2e|golden)/|_test\.\w+$|(^|/)test_[^/]+$|\.(test|spec)\.\w+$|Tests?\.(java|kt|cs)$")),
    ("lock", re.compile(r"(^|/)(go\.sum|package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Cargo\.lock|Gemfile\.lock|composer\.lock)$")),
    ("docs", re.compile(r"(^|/)(docs?|documentation|runbooks?)/|\.(md|mdx|rst|adoc)$|(^|/)(README|LICENSE|CHANGELOG|AUTHORS|NOTICE)[^/]*$")),
    ("migration", re.compile(r"(^|/)(migrations?|migrate|alembic|flyway|liquibase|db/changes)/|\.sql$")),
    ("dependency", re.compile(r"(^|/)(go\.mod|package\.json|requirements[^/]*\.txt|pyproject\.toml|setup\.(py|cfg)|Pipfile|pom\.xml|build\.gradle(\.kts)?|Cargo\.toml|Gemfile|composer\.json|[^/]+\.csproj|Dockerfile[^/]*)$")),
    ("asset", re.compile(r"\.(css|scss|less|svg|png|jpe?g|gif|ico|woff2?|html?|tmpl|j2|hbs|ejs|po|ftl)$|(^|/)(theme|palette|tokens|styles?)\.(ts|js|json)$|(^|/)(static|assets|locales?|i18n)/")),
    ("resources", re.compile(r"(^|/)(charts?|helm|k8s|kubernetes|manifests|deploy|deployments?|kustomize|terraform|infra)/.*\.(ya?ml|json|tf|tfvars|tpl)$|(^|/)values[^/]*\.ya?ml$|\.tf$")),
    ("config", re.compile(r"\.(ya?ml|toml|ini|conf|cfg|properties|env|json|xml)$|(^|/)\.env|(^|/)(config|conf|settings)/")),
    ("code", re.compile(r"\.(go|py|java|kt|scala|rb|rs|c|cc|cpp|h|hpp|cs|js|jsx|ts|tsx|php|ex|exs|erl|swift|sh|lua|clj|hs|ml|proto|graphql|thrift|avsc)$")),
)  # fmt: skip

INERT: frozenset[FileKind] = frozenset({"test", "docs", "ci", "asset", "lock"})
"""Kinds of files that are not part of what runs, or only of how it looks."""

_ELSEWHERE = re.compile(r"(^|[/_.-])(staging|stage|dev|develop|sandbox|local|example|sample)s?([/_.-]|$)")
_SHARED = frozenset(
    {"pkg", "lib", "libs", "internal", "common", "shared", "platform", "core", "vendor", "src", "cmd", "api"}
)


def kind(path: str) -> FileKind:
    """Return the kind of a file.

    Examples
    --------
    >>> kind("pkg/sku/parse_fuzz_test.go"), kind("services/cart/db.yaml"), kind("go.mod")
    ('test', 'config', 'dependency')
    """
    return next((name for name, pattern in _KINDS if pattern.search(path)), "other")


def inert(path: str) -> bool:
    """Return whether a file cannot change how the running system behaves."""
    return kind(path) in INERT or bool(_ELSEWHERE.search(path))


def shared(path: str) -> bool:
    """Return whether a file belongs to no single service: a library, or the root of the repository."""
    parts = path.split("/")
    return len(parts) == 1 or parts[0] in _SHARED
