"""The sketch of the four answers names each task and its answer."""

from dermlab.figures import overview as draw
from dermlab.survey import overview


def test_each_task_has_its_sketch(readable):
    tasks = overview.rows()
    fig, alt = draw.answers(tasks)
    readable(fig)
    assert [ax.get_title() or ax.get_title(loc="left") for ax in fig.axes] == tasks["task"].tolist()
    assert all(f"{task}: {draw.MARKS[task]}" in alt for task in tasks["task"])
    assert not any(side.get_visible() for ax in fig.axes for side in ax.spines.values())
    assert all(len(ax.patches) + len(ax.texts) > 1 for ax in fig.axes)
