"""What lessons call; importing it warns a student where the server's memory is nearly used up."""

from dermlab.lessons import memory

memory.warn()
