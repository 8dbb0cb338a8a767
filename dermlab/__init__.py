"""dermlab: teaches and reproduces Esteva et al. 2017 (Nature 542:115).

The rooms stand in the order of the lecture; see README.md for the map.
"""

__version__ = "0.1.0"
