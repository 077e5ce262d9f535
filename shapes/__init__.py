"""What valid means: SHACL shapes for every kind of record, and the engines that check them.

May import ``ontology``. Start with ``profiles.py``, then ``validate.py``.
"""
