"""What terms mean: namespaces, the catalogue's own vocabulary, code lists and their labels.

May import nothing of the other packages. Start with ``namespaces.py``, then ``terms.py``.
"""
