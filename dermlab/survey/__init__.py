"""The lecture's four other systems: classification, detection, segmentation, registration."""
