"""`switchboard ops`: what one person at night looks at."""
