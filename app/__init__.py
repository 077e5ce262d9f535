"""How people and programs reach the catalogue: pages, API, SPARQL endpoint and command line.

May import everything below. Start with ``compose.py``, then ``web.py`` and ``cli.py``.
"""
