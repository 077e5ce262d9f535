"""The commands of ``spacecat``, a module for each group; they import what is heavy only when they run.

May import what ``app`` may. Start with ``options.py`` (what commands share), then ``reading.py``.
"""
