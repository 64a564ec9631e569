"""`/imports` and `switchboard partners import`: a directory of partners, however it was written down, into Switchboard.

A source is read into rows (`tables`, `nodes`), its meaning is read by a module for each thing that matters (`areas`,
`ages`, `hours`, ...), and each row ends as taken, taken with gaps or refused (`rows`, `report`).
"""
