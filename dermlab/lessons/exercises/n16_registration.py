"""Exercises of lesson 16: the error of a pose, depth, the capture range, a residual."""

from dermlab.lessons.exercises import Exercise, Vote

SHIFT = (
    "import numpy as np\n"
    "from dermlab.survey import poses, radiographs\n"
    "corners = poses.corners(radiographs.LOW, radiographs.HIGH)\n"
    "zero, off = np.zeros((1, 6)), np.array([[0.3, 0.4, 0, 0, 0, 5.0]])\n"
)

EXERCISES = [
    Exercise(
        "16.1",
        "An estimate is off by 0.3 mm in x, 0.4 mm in y and 5 mm in depth, z; no angle is off. "
        "What is its mTREproj, in mm?",
        hints=(
            "A shift moves every landmark alike, so the mean is the shift of one. Which part of it "
            "is left out?",
            "Depth is left out. What remains is a shift of 0.3 and 0.4 mm at a right angle.",
        ),
        solution=SHIFT + "answer = poses.mtre_proj(off, zero, corners)[0]",
        mistakes=(
            (
                SHIFT + "answer = poses.mtre(off, zero, corners)[0]",
                "That is the mTRE, in space: mTREproj leaves the shift along the detector's normal "
                "out.",
            ),
            (0.7, "Two shifts at a right angle add up like the sides of a triangle."),
        ),
        tolerance=0.005,
    ),
    Exercise(
        "16.2",
        "Write one line of code. `errors` holds the mTREproj of ten registrations in mm: "
        "`errors = np.array([0.4, 0.8, 1.2, 0.3, 0.9, 2.5, 0.7, 1.1, 0.6, 0.2])`. The body is "
        "90 mm in size. What share succeeds by the rule of this lesson?",
        hints=(
            "First the threshold: 1 % of the body's size.",
            "A comparison gives True or False for each; their mean is a share.",
        ),
        solution="import numpy as np\n"
        "errors = np.array([0.4, 0.8, 1.2, 0.3, 0.9, 2.5, 0.7, 1.1, 0.6, 0.2])\n"
        "answer = (errors < 0.01 * 90).mean()",
        mistakes=(
            (0.7, "0.9 mm is not *below* 0.9 mm."),
            (0.0, "The threshold is 0.9 mm, 1 % of 90 mm."),
        ),
        tolerance=0.001,
    ),
    Exercise(
        "16.3",
        "A method succeeds in 99 of the 100 cases that start at most 2 mm off, and in 60 of the "
        "100 that start 2 to 4 mm off. What can be said of its capture range, "
        "where 95 % must succeed?",
        options=(
            "It is 4 mm: no start was farther away.",
            "It is 0 mm: of all 200 cases less than 95 % succeed.",
            "It is at least 2 mm: of the starts up to there 99 % succeed.",
            "It is exactly 2 mm: beyond it nothing succeeds.",
        ),
        hints=(
            "Which distances are allowed? Those up to which 95 % of all cases succeed.",
            "Up to 2 mm the share is 99 %. Up to 4 mm it is 159 of 200.",
        ),
        solution="answer = 'C'",
        mistakes=(
            ("A", "Up to 4 mm only 159 of 200 succeed."),
            ("B", "The range is the largest distance up to which 95 % succeed; 2 mm is one."),
            ("D", "Beyond it 60 % still succeed, and the limit may lie a little beyond 2 mm."),
        ),
    ),
    Exercise(
        "16.11",
        "A pose is off by a turn of 2° in the detector's plane. How far, in mm, does a landmark "
        "move that lies 40 mm from the axis of the turn?",
        hints=(
            "Small angles in radians: the arc is radius × angle.",
            "2° is 0.0349 radians.",
        ),
        solution="import numpy as np\nanswer = 2 * 40 * np.sin(np.radians(2) / 2)",
        mistakes=((80.0, "The angle must be in radians."),),
        tolerance=0.01,
    ),
    Exercise(
        "16.12",
        "The source is 1,000 mm from the detector and 700 mm from the body. The body is 10 mm "
        "nearer to the source than the estimate says. By what share is its shadow larger "
        "than expected?",
        hints=(
            "A shadow is larger than its body by 1,000 / (distance from the source).",
            "Compare 1,000 / 690 with 1,000 / 700.",
        ),
        solution="answer = 700 / 690 - 1",
        mistakes=(
            (
                "1000 / 690 - 1",
                "That is the magnification less 1; compare it with the expected one.",
            ),
            ("10 / 1000", "The distance from the source counts, not that from source to detector."),
        ),
        tolerance=0.0005,
    ),
]

VOTE = Vote(
    "A paper tests its registration on DRRs of the same CT volume that it registers with. Every "
    "registration succeeds. What follows for real radiographs?",
    options=(
        "It will succeed on them too: a DRR is computed by the laws of X-rays.",
        "It will succeed nearly as often: a little noise is the only difference.",
        "Hardly anything: model and test share their errors.",
        "It will fail on them: DRRs are always easier.",
    ),
    right="C",
    why="Picture and model have the same voxels, one energy and no scatter, so an error of the "
    "model is in both and cancels; this is called the inverse crime. Real beams harden and scatter "
    "(A), which is no noise (B). That it fails is not shown either (D): it has not been tested.",
)
