"""What a catalogue does: records, visibility, queries and search, behind three small ports.

May import ``shapes`` and ``ontology``. Start with ``model.py`` and ``ports.py``, then ``records.py``.
"""
