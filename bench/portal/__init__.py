"""How fast pages come while 100 people look at them, alone and with the pipeline running beside."""
