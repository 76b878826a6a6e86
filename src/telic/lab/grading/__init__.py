"""What an episode's record is worth: grades from the record alone, the same today and after years."""

from telic.lab.grading.grade import grade
from telic.lab.grading.grades import Grades, Judged

__all__ = ["Grades", "Judged", "grade"]
