"""Deploy a version of one service that keeps data sets without a look at their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import answering, uses
from telic.lab.sources import file_named, with_function_lines

CHECK = "problem_of"


@fault("dataset-not-validated", example={"service": "dataset", "operation": "upload_dataset", "version": "1"})
@dataclass(frozen=True)
class DatasetNotValidated(Deployed):
    """Deploy a version of one service that keeps data sets without a look at their lines.

    From outside: from the deploy on no upload is refused as malformed any more; whoever lets a model learn from such a
    data set fails elsewhere, with a stack trace about a line that is no JSON; older data sets are well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VI-C
    (lack of validation on the dataset's format in the FileUpload API).
    """

    name: ClassVar[str] = "dataset-not-validated"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "dataset-not-validated": "data sets are kept whose lines nobody can learn from"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        _, _, call = answering(files, self.operation)
        if not uses(call, CHECK):
            raise InvalidDesign(f"{self.operation} checks no data set", hint="choose an operation that uploads one")
        path = file_named(files, "examples.py")
        lines = ["if text:  # read again where it is learnt from", '    return ""']
        return {path: with_function_lines(files[path], CHECK, lines)}
