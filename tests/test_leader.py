"""docs/leader.md and the pages tell the same lessons. What else that document says is tried by test_docs.py."""

import re

import pytest

from lessons import LESSONS
from tests.conftest import ROOT
from tests.documents import sections

TEXT = (ROOT / "docs/leader.md").read_text(encoding="utf-8")
TOLD = [section for section in sections(TEXT) if section.startswith("## Lesson ")]


def test_the_lessons_have_the_same_titles():
    titles = [section.partition("\n")[0] for section in TOLD]
    assert titles == [f"## Lesson {number}: {lesson.title}" for number, lesson in LESSONS.items()]


@pytest.mark.parametrize(("section", "lesson"), [*zip(TOLD, LESSONS.values())], ids=[*LESSONS])
def test_a_lesson_has_the_same_badges(section, lesson):
    named = re.search(r"\*\*Badges\.\*\*(.*?)\n\n", section, re.DOTALL)[1]
    assert set(re.findall(r"\*(.+?)\*", " ".join(named.split()))) == {step.badge for step in lesson.steps} - {""}
