"""How forms convert: declarative rules between DCAT and foreign formats, and the engine that applies them.

May import ``shapes`` and ``ontology``. Start with ``rules/``, then ``formats.py``.
"""
