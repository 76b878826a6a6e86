"""What others scored on NAB, by their own result files, file by file; only folders are kept here.

Sums of the raw standard-profile scores in ``results/DETECTOR/DETECTOR_standard_scores.csv`` of
https://github.com/numenta/NAB (rows of the folders named), read on 2026-11-21, and the scoreboard of its README. HTM's
stored rows are of an older version (65.3 on the whole corpus) than the scoreboard's. All of these detectors were given
the lowest and highest value of each file in advance; Telic is not.
"""

from __future__ import annotations

from typing import Final

SCOREBOARD: Final[dict[str, float]] = {
    "ARTime": 74.9,
    "Numenta HTM": 70.5,
    "CAD OSE": 69.9,
    "earthgecko Skyline": 58.2,
    "KNN CAD": 58.0,
    "Relative Entropy": 54.6,
    "Random Cut Forest": 51.7,
    "Twitter ADVec": 47.1,
    "Windowed Gaussian": 39.6,
    "Etsy Skyline": 35.7,
    "Bayes Changepoint": 17.7,
    "Random": 11.0,
    "Null": 0.0,
}

FOLDERS = ("artificialNoAnomaly", "artificialWithAnomaly", "realAWSCloudwatch", "realTraffic")

RAW: Final[dict[str, tuple[float, ...]]] = {  # by folder, as above
    "ARTime": (-0.11, 2.442, 11.686, 10.320),
    "CAD OSE": (-0.44, 2.338, 13.143, 11.010),
    "HTM (older)": (0.0, 2.314, 10.586, 4.964),
    "earthgecko Skyline": (0.0, -1.175, 4.870, 7.420),
    "KNN CAD": (-0.77, -0.569, 6.415, -0.040),
    "Random Cut Forest": (0.0, -4.139, 4.538, 3.872),
}
