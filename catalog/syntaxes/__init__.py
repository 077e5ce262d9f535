"""How each RDF syntax is read: a stream of bytes in, statements and problems out.

May import ``errors`` and ``safety``. Start with ``statements.py``; ``catalog/reading.py`` chooses among them.
"""
