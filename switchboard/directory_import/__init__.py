"""`switchboard partners import`: a directory from a file of this machine, told on a terminal and sent to intake."""
