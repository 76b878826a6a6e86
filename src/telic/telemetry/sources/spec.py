"""What ``--source`` says: sources by name and address, or a file that lists them with headers and options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from telic.errors import UsageError
from telic.registry import near_names
from telic.telemetry.sources.card import Source, source
from telic.telemetry.sources.secrets import hide

_ONE = re.compile(r"(?:^|,)\s*([a-z][a-z0-9-]*)=")
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
LARGEST = 1 << 20  # of a file with sources [bytes]


def read(text: str, environ: Mapping[str, str]) -> list[Source]:
    """Make the sources that `text` names.

    Parameters
    ----------
    text
        ``prometheus=URL,loki=URL``, or the path of a YAML file with a list of ``{source: NAME, url: URL, ...}``.
    environ
        Where ``${NAME}`` is looked up, so that no secret needs to stand on a command line.

    Raises
    ------
    UsageError
        No such source, a parameter that it does not take, a variable that is not set.

    Examples
    --------
    >>> [each.where for each in read("prometheus=http://ann:${PW}@prom:9090", {"PW": "hunter22"})]
    ['http://prom:9090']
    """
    if not _ONE.match(text):
        if not text.strip():
            raise UsageError("no source is named", hint="for example --source prometheus=http://127.0.0.1:9090")
        if text.endswith((".yaml", ".yml")):
            return read_file(Path(text), environ)
    parts = list(_ONE.finditer(text))
    if not parts or parts[0].start() != 0:
        raise UsageError(f"{hide(text)!r} names no source", hint="write prometheus=URL,loki=URL, or a .yaml file")
    ends = [*(each.start() for each in parts[1:]), len(text)]
    return [
        make(each[1], {"url": text[each.end() : end].strip()}, environ) for each, end in zip(parts, ends, strict=True)
    ]


def read_file(path: Path, environ: Mapping[str, str]) -> list[Source]:
    """Make the sources that a YAML file lists; paths in it are relative to its folder."""
    found = yaml_of(path)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UsageError(f"{path}: no list of sources", hint="each is `- source: prometheus` and `  url: http://...`")
    made = []
    for number, each in enumerate(found, 1):
        params = {str(key): value for key, value in each.items()}
        kind = params.pop("source", None)
        if not isinstance(kind, str):
            raise UsageError(f"{path}: entry {number} does not say which source", hint=near_names("", source))
        if isinstance(url := params.get("url"), str) and "://" not in url and not Path(url).is_absolute():
            params["url"] = str(path.parent / url)
        made.append(make(kind, params, environ, f"{path}: entry {number}: "))
    return made


def make(kind: str, params: Mapping[str, object], environ: Mapping[str, str], where: str = "") -> Source:
    """Make one source; ``${NAME}`` in texts is taken from `environ`."""
    if kind not in source:
        raise UsageError(f"{where}no source {kind!r}", hint=near_names(kind, source))
    if kind == "http" and str(params.get("url", "")).endswith((".yaml", ".yml")):
        params = _described(Path(str(params["url"])))
    known = inspect.signature(source.factory(kind)).parameters
    for name in params:
        if name not in known:
            raise UsageError(f"{where}{kind} takes no {name!r}", hint=near_names(name, known))
    if not params.get("url"):
        raise UsageError(f"{where}{kind} needs an address", hint=f"write {kind}=URL")
    try:
        return source.factory(kind)(**{name: expand(value, environ) for name, value in params.items()})
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}{kind}: {error}", hint="see the source's card in docs/how-to") from error


def _described(path: Path) -> Mapping[str, object]:
    """Return what a file says of a declarative source."""
    found = yaml_of(path)
    if not isinstance(found, dict):
        raise UsageError(f"{path}: no description of a source", hint="it has `url:`, `signal:`, `rows:` and `columns:`")
    return {"title": path.stem, **{str(name): value for name, value in found.items()}}


def expand(value: object, environ: Mapping[str, str]) -> object:
    """Put in the values of variables, in texts and in what contains them."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _variable(found[1], environ), str(value))
    if isinstance(value, dict):
        return {str(key): expand(each, environ) for key, each in value.items()}
    if isinstance(value, list):
        return [expand(each, environ) for each in value]
    return value


def yaml_of(path: Path) -> object:
    """Read a YAML file of this machine."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST} bytes", hint="is it the file you meant?")
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:300]
        raise UsageError(f"{path} is no YAML: {said}", hint="check the line that it names") from error


def texts(value: object) -> Sequence[str]:
    """Return `value` as a sequence of texts: one text is one, or several with commas."""
    if isinstance(value, str):
        return tuple(each.strip() for each in value.split(",") if each.strip())
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    raise ValueError(f"{value!r} is no list of texts")


def _variable(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise UsageError(f"the environment has no {name}", hint=f"set it: export {name}=...")
    return environ[name]
