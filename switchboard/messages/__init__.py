"""Every message as people would get it: samples, and what shows them."""
