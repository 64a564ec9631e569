"""Who can help, who is asked, who gets it, and how it ended."""
