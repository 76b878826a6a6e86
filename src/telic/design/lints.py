"""placeholder."""
from dataclasses import dataclass
@dataclass
class Finding:
    x: str
def lint(d): return []
