"""The engines behind the ports: ``oxigraph``, ``sparql_server``, ``tantivy``, ``sentence_encoder`` and so on.

Only ``app/compose.py`` names them.
"""
