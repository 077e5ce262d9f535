"""The SPARQL endpoint: SPARQL 1.1 Protocol, Graph Store Protocol (indirect) and Service Description.

May import what ``app`` may. Start with ``endpoint.py``; ``protocol.py`` reads requests, ``negotiation.py`` formats.
"""

from app.sparql.endpoint import sparql_blueprint

__all__ = ["sparql_blueprint"]
